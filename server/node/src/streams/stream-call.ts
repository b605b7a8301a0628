import type { Call } from "../call/call.ts";
import type { ServedParts } from "../call/head.ts";
import type { StreamMethod } from "../call/methods.ts";

/** What is known of a call with streams that is served here, before anything of it is done. */
export interface StreamCallParts extends ServedParts {
  readonly method: StreamMethod;
}

/** A call with streams that is served here. */
export type StreamCall = Call<StreamCallParts>;
