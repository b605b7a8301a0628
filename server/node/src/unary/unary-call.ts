import type { Call } from "../call/call.ts";
import type { CallParts } from "../call/call-parts.ts";
import type { UnaryHead } from "./head.ts";
import type { UnaryMethod } from "./methods.ts";

/** What is known of a call that is served here, before anything of it is done. */
export interface UnaryCallParts extends CallParts {
  readonly method: UnaryMethod;
  readonly head: UnaryHead;
}

/** A call that is served here. */
export type UnaryCall = Call<UnaryCallParts>;
