import { type ContextValues, createContextKey, createContextValues } from "@connectrpc/connect";
import type { Transport } from "../streams/drain-grace.ts";

/** A response of Node's http, as far as it says whether it has been sent. */
interface NodeResponse {
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
}

/** A request of Node's http or http2, as far as it is looked at. */
export interface NodeRequest {
  /** Header names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** The connection that it came over. */
  readonly socket: { readonly writableLength: number; destroy(): unknown };
  /** The stream of HTTP/2 that it came over. */
  readonly stream?: { readonly closed: boolean; close(code: number): void };
}

/** A request of Node or Express, or one of Fastify, which wraps it. */
export type RawRequest = NodeRequest | { readonly raw: NodeRequest };

/** The request of a call, and its response where it is known. */
interface Exchange {
  readonly request: NodeRequest;
  readonly response: NodeResponse | undefined;
}

/** Behind a function: whoever logs the context of a call must not log the headers of its request. */
const exchangeKey = createContextKey<() => Exchange | undefined>(() => undefined, {
  description: "countersign exchange",
});

/** CANCEL: the stream is not needed any more ([RFC 9113 §7](https://www.rfc-editor.org/rfc/rfc9113#section-7)). */
const H2_CANCEL = 8;

/**
 * Keep the request of a call at hand: option `contextValues` of the adapters for Node, Express and Fastify.
 *
 * It shows what Connect cannot: that a header stood twice, and that a client has stopped reading.
 *
 * @param request the request, as the adapter hands it over
 * @param response its response, where the adapter hands it over too
 */
export function keepNodeRequest(request: RawRequest, response?: NodeResponse): ContextValues {
  const exchange = { request: "raw" in request ? request.raw : request, response };
  return createContextValues().set(exchangeKey, () => exchange);
}

/**
 * Say whether a request carried more than one Authorization header.
 *
 * Node keeps the first and drops the others without a word. Whoever sends two means something by it, and a proxy
 * in front may have read the other one.
 */
export function repeatsAuthorization(values: ContextValues): boolean {
  const rawHeaders = values.get(exchangeKey)()?.request.rawHeaders ?? [];
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (isAuthorization(rawHeaders[at])) {
      count += 1;
    }
  }
  return count > 1;
}

/** The length is asked first, to spare most headers the copy in lower case. */
function isAuthorization(name: string | undefined): boolean {
  return name?.length === "authorization".length && name.toLowerCase() === "authorization";
}

/** Find what a call runs over; undefined when no adapter of Node serves it. */
export function transportOf(values: ContextValues): Transport | undefined {
  const exchange = values.get(exchangeKey)();
  if (exchange === undefined) {
    return undefined;
  }
  const { request, response } = exchange;
  const { stream, socket } = request;
  if (stream !== undefined) {
    return { isDone: () => stream.closed, destroy: () => stream.close(H2_CANCEL) };
  }
  // A connection may be on its next request by now: without the response, only what it has not sent tells.
  const isDone = (): boolean =>
    response === undefined ? socket.writableLength === 0 : response.writableFinished || response.destroyed;
  return { isDone, destroy: () => void socket.destroy() };
}
