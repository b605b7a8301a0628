import { Code, ConnectError } from "@connectrpc/connect";
import { boundMessage } from "@countersign/server/internal";

/** An error as callers get it. Connect marks one that came off the wire of another call. */
export type CallError = ConnectError & { readonly isWireError?: boolean };

/**
 * Convert whatever was thrown: an error that is no ConnectError leaves as "internal error", and a message that is too long,
 * such as one of Connect that repeats what it cannot read, is cut.
 */
export function toCallError(reason: unknown): CallError {
  if (reason instanceof ConnectError) {
    return boundMessage(reason);
  }
  return new ConnectError("internal error", Code.Internal, undefined, undefined, reason);
}
