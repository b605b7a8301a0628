import { ConnectError, type HandlerContext } from "@connectrpc/connect";
import { boundMessage } from "../bound-message.ts";
import { toWireError, type WireErrorContext } from "../error-contract.ts";

/** What the conversion needs of a call. */
type FailedCall = Pick<HandlerContext, "method" | "signal">;

/** Converts what a route threw to what leaves. */
export type ErrorConversion = (error: unknown, call: FailedCall) => ConnectError;

/**
 * Create the conversion that lets handlers throw our errors: they leave by the one table, and what is not meant for the
 * caller leaves as "internal error". What is sent of a message is bounded.
 *
 * @param context what they are converted with
 */
export function createErrorConversion(context: WireErrorContext): ErrorConversion {
  return (error, call) => {
    if (error instanceof ConnectError) {
      return boundMessage(error);
    }
    return boundMessage(
      call.signal.aborted
        ? ConnectError.from(call.signal.reason ?? error) // the call has ended before: that is why the handler threw
        : toWireError(error, call.method, context),
    );
  };
}
