import type { Interceptor } from "@connectrpc/connect";
import type { Principal } from "../../server/gate/src/authenticate/principal.ts";
import { createCallValues, stateOf } from "../../server/gate/src/connect/call-state.ts";
import { createErrorConversion } from "../../server/gate/src/connect/route/error-conversion.ts";

/**
 * Serve without a gate: whoever the header names makes the call, and errors leave as they do behind one.
 *
 * @param readCaller names the caller; undefined: nobody has said so
 */
export function believe(
  readCaller: (header: Headers) => Principal | undefined,
  onError: (error: unknown) => void,
): Interceptor {
  const convert = createErrorConversion({ onError, findChallengeHints: () => undefined });
  return (next) => async (req) => {
    const contextValues = createCallValues(req.contextValues);
    const principal = readCaller(req.header);
    const state = stateOf(contextValues);
    if (state !== undefined && principal !== undefined) {
      state.caller = { principal };
    }
    const toError = (error: unknown) => convert(error, req);
    try {
      const res = await next({ ...req, contextValues });
      return res.stream ? { ...res, message: convertErrors(res.message, toError) } : res;
    } catch (error) {
      throw toError(error);
    }
  };
}

async function* convertErrors<T>(messages: AsyncIterable<T>, toError: (error: unknown) => unknown) {
  try {
    yield* messages;
  } catch (error) {
    throw toError(error);
  }
}
