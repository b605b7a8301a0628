import type { HandlerContext } from "@connectrpc/connect";
import type { UnaryCall } from "./call.ts";
import { createLazyView } from "./lazy-view.ts";

/** What Connect's contexts have, too. */
interface CallContext extends HandlerContext {
  readonly abort: (reason?: unknown) => void;
}

/** Create the context of a call, for the gate, the interceptors and the handler. */
export const createContext: (call: UnaryCall) => HandlerContext = createLazyView<CallContext, UnaryCall>({
  method: ({ parts }) => parts.method.spec.method,
  service: ({ parts }) => parts.method.spec.method.parent,
  requestMethod: () => "POST",
  protocolName: ({ parts }) => parts.head.protocol,
  url: ({ parts }) => parts.url,
  signal: ({ signal }) => signal.signal,
  timeoutMs:
    ({ signal }) =>
    () =>
      signal.remainingMs,
  // The gate looks up a field or two; everybody else gets true Headers.
  requestHeader: ({ header, isGated }) => (isGated ? header : header.toHeaders()),
  responseHeader: (call) => call.responseHeader,
  responseTrailer: (call) => call.responseTrailer,
  abort:
    ({ signal }) =>
    (reason) =>
      signal.abort(reason),
  values: ({ parts }) => parts.values,
});
