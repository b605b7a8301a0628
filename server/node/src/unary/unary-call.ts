import type { Call } from "../call/call.ts";
import type { ServedParts } from "../call/head.ts";
import type { UnaryMethod } from "../call/methods.ts";

/** What is known of a unary call that is served here, before anything of it is done. */
export interface UnaryCallParts extends ServedParts {
  readonly method: UnaryMethod;
}

/** A unary call that is served here. */
export type UnaryCall = Call<UnaryCallParts>;
