import {
  Code,
  ConnectError,
  type ContextValues,
  createContextKey,
  createContextValues,
} from "@connectrpc/connect";
import { type CertificateReader, readConnectionCertificate } from "../binding/connection-certificate.ts";
import type { ClientCertificate } from "../kernel/client-certificate.ts";
import type { Transport } from "../streams/drain-grace.ts";
import { hostOf, repeatsField } from "./request-host.ts";
import { isOriginForm } from "./request-target.ts";
import type { OnHeaderSent } from "./sent-headers.ts";

/** A response of Node's http, as far as it says whether it has been sent. */
export interface NodeResponse {
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  once?(event: "close", listener: () => void): unknown;
}

/** The name under which a request of Node keeps what learns that its stream is open. */
export const ON_OPENED = Symbol("countersign opened");

/** Learns that a stream is open whose first message may be long in coming. */
export interface OpeningListener {
  /**
   * It must not throw.
   *
   * @param header the header of the answer, which says how long the stream may last
   * @param onSent to be called with it, and with each copy, when it has been sent: what is changed in it later is lost
   */
  onOpened(header: Headers, onSent: OnHeaderSent): void;
}

/** A request of Node's http or http2, as far as it is looked at. */
export interface NodeRequest {
  /** Absent: the header of the answer goes out with the first message. */
  [ON_OPENED]?: OpeningListener | undefined;
  /** Names in lower case, as Node joins the fields. */
  readonly headers: Record<string, string | string[] | undefined>;
  /** Header names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** The target, without what a framework has taken off its front. */
  readonly url?: string | undefined;
  /** The connection that it came over. */
  readonly socket: Parameters<CertificateReader>[0]["socket"] & {
    readonly writableLength: number;
    destroy(): unknown;
  };
  /** The stream of HTTP/2 that it came over. */
  readonly stream?: {
    readonly closed: boolean;
    readonly session?: object | undefined;
    close(code: number): void;
    once?(event: "close", listener: () => void): unknown;
  };
  /** Absent: the handler of HTTP/2 streams listens to its errors. */
  on?(event: "error", listener: () => void): unknown;
}

/** A request of Node or Express, or one of Fastify, which wraps it. */
export type RawRequest = NodeRequest | { readonly raw: NodeRequest };

/** The request of a call, and its response where it is known. */
interface NodeExchange {
  readonly request: NodeRequest;
  /** Whether it says which host it is for. */
  readonly hasHost: boolean;
  /** Whether its target names no host beside that. */
  readonly hasPath: boolean;
  readonly response: NodeResponse | undefined;
  /** Whether a framework keeps fields of the answer to itself until Connect hands it over. */
  readonly isWrapped: boolean;
  /** Finds the certificate of its client. */
  readonly readCertificate: CertificateReader;
}

/** The adapter was not given the `contextValues` of `createAuth`. */
const NOT_GIVEN = (): undefined => undefined;
/** The host has no requests of Node. */
const NONE = (): undefined => undefined;

/** Behind a function, so that a handler that logs the context of a call does not log the headers of its request. */
const exchangeKey = createContextKey<() => NodeExchange | undefined>(NOT_GIVEN, {
  description: "countersign exchange",
});

/** CANCEL: the stream is not needed any more ([RFC 9113 §7](https://www.rfc-editor.org/rfc/rfc9113#section-7)). */
const H2_CANCEL = 8;

/** A host that no server has ([RFC 2606 §2](https://www.rfc-editor.org/rfc/rfc2606#section-2)). */
const NO_HOST = "host.invalid";

/**
 * Keep the request of a call at hand: option `contextValues` of the adapters for Node, Express and Fastify.
 *
 * It shows what Connect cannot: that a header stood twice, and that a client has stopped reading. And it keeps from
 * Connect's adapter what would end the process: a request that names no host, or one that is none, of which no URL can
 * be made, and over HTTP/1.1 the error of a connection that breaks when the adapter does not listen any more.
 *
 * @param request the request, as the adapter hands it over
 * @param response its response, where the adapter hands it over too
 * @param readCertificate finds the certificate of its client. Default: that of the connection
 */
export function keepNodeRequest(
  request: RawRequest,
  response?: NodeResponse,
  readCertificate: CertificateReader = readConnectionCertificate,
): ContextValues {
  const isWrapped = "raw" in request;
  const raw = isWrapped ? request.raw : request;
  const hasPath = raw.url === undefined || isOriginForm(raw.url);
  const hasHost = hostOf(raw) !== undefined;
  const exchange = { request: raw, response, isWrapped, hasHost, hasPath, readCertificate };
  if (raw.stream === undefined) {
    raw.on?.("error", ignore);
  }
  if (!exchange.hasHost) {
    // The gate refuses the call: nothing but Connect's adapter gets to read this.
    raw.headers[raw.stream === undefined ? "host" : ":authority"] = NO_HOST;
  }
  return createContextValues().set(exchangeKey, () => exchange);
}

/**
 * Assert that a request says which host it is for, and says it once.
 *
 * @throws ConnectError InvalidArgument, which is 400 in HTTP, when it does not
 */
export function assertHost(values: ContextValues): void {
  const exchange = values.get(exchangeKey)();
  if (exchange?.hasHost === false) {
    throw new ConnectError("the request names no host, or one that is not well-formed", Code.InvalidArgument);
  }
  if (exchange?.hasPath === false) {
    throw new ConnectError("the target of the request is no path", Code.InvalidArgument);
  }
}

/**
 * Check whether a request carried a header more than once.
 *
 * Of Authorization, Node keeps the first and drops the others without a word. A client that sends two means something by
 * it, and a proxy in front may have read the other one.
 *
 * @param name the name of the header, in lower case
 */
export function repeatsHeader(values: ContextValues, name: string): boolean {
  const request = values.get(exchangeKey)()?.request;
  return request !== undefined && repeatsField(request.rawHeaders, name);
}

/** Find the address at the other end of the connection; empty when no adapter of Node serves the call. */
export function remoteAddressOf(values: ContextValues): string {
  return values.get(exchangeKey)()?.request.socket.remoteAddress ?? "";
}

/** Find the certificate of the client of a call; undefined also when no adapter of Node serves it. */
export function clientCertificateOf(values: ContextValues): ClientCertificate | undefined {
  const exchange = values.get(exchangeKey)();
  return exchange?.readCertificate(exchange.request);
}

/** Find what a call came over, which stays the same for all calls over it; undefined when no adapter of Node serves it. */
export function connectionOf(values: ContextValues): object | undefined {
  const request = values.get(exchangeKey)()?.request;
  if (request?.stream === undefined) {
    return request?.socket;
  }
  return request.stream.session ?? request.stream;
}

/** Make context values for a call that comes in no request of Node, as in a fetch handler. */
export function withoutNodeRequest(values: ContextValues = createContextValues()): ContextValues {
  return values.set(exchangeKey, NONE);
}

/** Check whether the adapter of a call was not given the `contextValues` of `createAuth`. */
export function lacksNodeRequest(values: ContextValues): boolean {
  return values.get(exchangeKey) === NOT_GIVEN;
}

/**
 * Find what a call runs over; undefined when no adapter of Node serves it.
 *
 * @param over aborts when the request is over: for adapters that do not hand over the response
 */
export function transportOf(values: ContextValues, over?: AbortSignal): Transport | undefined {
  const exchange = values.get(exchangeKey)();
  if (exchange === undefined) {
    return undefined;
  }
  const { request } = exchange;
  const { stream, socket } = request;
  if (stream !== undefined) {
    return {
      isDone: () => stream.closed,
      onDone: (listener) => (stream.closed ? listener() : void stream.once?.("close", listener)),
      destroy: () => stream.close(H2_CANCEL),
    };
  }
  const response = exchange.response ?? (over === undefined ? undefined : toResponse(over));
  // A connection may be on its next request by now: without the response, only the bytes left to send show that.
  const isDone = (): boolean => (response === undefined ? socket.writableLength === 0 : hasEnded(response));
  return {
    isDone,
    onDone: (listener) =>
      response !== undefined && hasEnded(response) ? listener() : void response?.once?.("close", listener),
    destroy: () => void socket.destroy(),
  };
}

/**
 * Say that the stream of a call is open. Not for a page of another origin that Fastify serves: what its CORS plugin has set,
 * Fastify keeps until the first message, and without it the page could not read the answer.
 *
 * @param header the header of the answer
 * @param onSent called with it, and with each copy, when it has been sent
 */
export function announceOpening(values: ContextValues, header: Headers, onSent: OnHeaderSent): void {
  const exchange = values.get(exchangeKey)();
  if (exchange !== undefined && !(exchange.isWrapped && isOfOtherOrigin(exchange.request))) {
    exchange.request[ON_OPENED]?.onOpened(header, onSent);
  }
}

function isOfOtherOrigin({ headers }: NodeRequest): boolean {
  const { origin, "sec-fetch-site": site } = headers;
  return origin !== undefined && site !== "same-origin";
}

/** Make a response that closes when a signal aborts. */
function toResponse(over: AbortSignal): NodeResponse {
  return {
    writableFinished: false,
    get destroyed() {
      return over.aborted;
    },
    once: (_, listener) => over.addEventListener("abort", listener, { once: true }),
  };
}

function hasEnded({ writableFinished, destroyed }: NodeResponse): boolean {
  return writableFinished || destroyed;
}

function ignore(): void {}
