import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { type ErrorSink, toWireError } from "./error-contract.ts";
import { describeUnary, type ErrorConversion } from "./interceptor-scope.ts";

/**
 * Create the interceptor that lets handlers throw our errors: they leave by the one table, and what is nobody's
 * business leaves as "internal error". It stands first, outside of all others.
 */
export function createErrorInterceptor(onError: ErrorSink): Interceptor {
  const convertError: ErrorConversion = (error, method, signal) =>
    signal.aborted && !(error instanceof ConnectError)
      ? ConnectError.from(signal.reason ?? error) // the call has ended: what the handler threw on its way out is no news
      : toWireError(error, method, onError);
  const interceptor: Interceptor = (next) => async (req) => {
    const convert = (error: unknown): ConnectError => convertError(error, req.method, req.signal);
    try {
      const res = await next(req);
      return res.stream ? { ...res, message: convertErrors(res.message, convert) } : res;
    } catch (error) {
      throw convert(error);
    }
  };
  return describeUnary(interceptor, { appliesTo: () => true, convertError });
}

async function* convertErrors<T>(
  messages: AsyncIterable<T>,
  convert: (error: unknown) => ConnectError,
): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    throw convert(error);
  }
}
