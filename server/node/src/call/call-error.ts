import { Code, ConnectError } from "@connectrpc/connect";

/** An error as callers get it. Connect marks one that came off the wire of another call. */
export type CallError = ConnectError & { readonly isWireError?: boolean };

/** Convert whatever was thrown: an error that is no ConnectError leaves as "internal error". */
export function toCallError(reason: unknown): CallError {
  if (reason instanceof ConnectError) {
    return reason;
  }
  return new ConnectError("internal error", Code.Internal, undefined, undefined, reason);
}
