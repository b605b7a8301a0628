import type { HandlerContext } from "@connectrpc/connect";
import type { AbortState } from "../kernel/lazy-signal.ts";

/** What the parts of a context are made of, which takes less than they do. */
export interface CallSource {
  /** Says whether the call is over, as the signal does. */
  readonly signal: AbortState;
  /** The header of the request. */
  readonly header: Pick<Headers, "get">;
}

/** By the context itself: one that was made of it may have another signal. */
const sources = new WeakMap<HandlerContext, CallSource>();

/** Keep what a context is made of. */
export function setCallSource(ctx: HandlerContext, source: CallSource): void {
  sources.set(ctx, source);
}

/** Find what says whether a call is over. */
export function abortStateOf(ctx: HandlerContext): AbortState {
  return sources.get(ctx)?.signal ?? ctx.signal;
}

/** Find the header of the request of a call. */
export function requestHeaderOf(ctx: HandlerContext): CallSource["header"] {
  return sources.get(ctx)?.header ?? ctx.requestHeader;
}
