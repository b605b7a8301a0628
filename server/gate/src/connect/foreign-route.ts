import type { DescMethod } from "@bufbuild/protobuf";
import type { ConnectError, Interceptor } from "@connectrpc/connect";
import { stateOf } from "./call-state.ts";
import { type ErrorSink, toInternalError } from "./error-contract.ts";

/** Make the error of a call whose route has no guard around it: no rule would be held, and no stream would end. */
export function refuseForeignRoute(method: DescMethod, onError: ErrorSink): ConnectError {
  const fault = new TypeError(
    "the method is served by a route that did not go through createAuth: give your routes to createAuth, and the " +
      "routes that it returns to the adapter",
  );
  return toInternalError(fault, method, onError);
}

/** Create the interceptor that refuses such calls where Connect asks no gate, before 2.2. */
export function createRouteCheck(onError: ErrorSink): Interceptor {
  return (next) => (req) => {
    if (stateOf(req.contextValues) === undefined) {
      throw refuseForeignRoute(req.method, onError);
    }
    return next(req);
  };
}
