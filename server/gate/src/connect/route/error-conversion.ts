import { ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { TokenScheme } from "../../authenticate/authorization.ts";
import { boundMessage } from "../bound-message.ts";
import { stateOf } from "../call-state.ts";
import { toWireError, type WireErrorContext } from "../error-contract.ts";

/** What the conversion needs of a call. */
type FailedCall = Pick<HandlerContext, "method" | "signal"> & Partial<Pick<HandlerContext, "values">>;

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
        : toWireError(error, call.method, { ...context, scheme: schemeOf(call) }),
    );
  };
}

/** Find the scheme by which the token of a call came: one that is bound to a key has come with a proof. */
function schemeOf({ values }: FailedCall): TokenScheme {
  const caller = values && stateOf(values)?.caller?.principal;
  return caller?.binding?.kind === "dpop" ? "DPoP" : "Bearer";
}
