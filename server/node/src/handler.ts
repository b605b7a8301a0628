import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type {
  IncomingHttpHeaders as Http2Headers,
  Http2ServerRequest,
  Http2ServerResponse,
  ServerHttp2Stream,
} from "node:http2";
import type { PeerCertificate } from "node:tls";
import type { NodeRequest } from "@countersign/server/internal";

/** A request of either version of HTTP, as Node.js hands it over. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;

/** A response of either version of HTTP, as Node.js hands it over. */
export type HttpResponse = ServerResponse | Http2ServerResponse;

/** Answers one request. It must not throw. */
export type RequestHandler = (req: HttpRequest, res: HttpResponse) => void;

/** Answers the requests of a server. Its functions need no `this`: `createServer(handler.handle)` works. */
export interface HttpHandler {
  /** Answer one request, of either version of HTTP. */
  readonly handle: RequestHandler;
  /** Is asked first about requests over HTTP/2. Absent: it would take none. */
  readonly onStream?: StreamHandler;
  /** Counts a request of HTTP/1.1 while it waits for those before it. Absent: it is not counted. */
  readonly holdWaiting?: HoldWaiting;
  /** Ends the open streams, one after another in so many milliseconds. It must not reject. Absent: it knows none. */
  readonly drain?: ((overMs: number) => Promise<void>) | undefined;
}

/** Takes note that a request waits for its turn. It must not throw. */
export type HoldWaiting = (req: IncomingMessage, res: ServerResponse) => HeldRequest | undefined;

/** A request that is counted while it waits for its turn. */
export interface HeldRequest {
  /** Whether it was answered because too much waits: nothing may come of it. */
  readonly isBrokenOff: boolean;
  /** Take note that it waits no longer. */
  release(): void;
}

/**
 * Answers a request from its stream of HTTP/2, before Node.js makes a request and a response of it. It must not throw.
 *
 * @returns whether it has taken the stream. If not, it has not touched it either
 */
export type StreamHandler = (
  stream: ServerHttp2Stream,
  headers: Http2Headers,
  rawHeaders: readonly string[],
) => boolean;

/** A request, as far as the context values of its call can be made from it. */
export interface CallRequest extends NodeRequest {
  /** The fields of its header, as Node.js joins them. */
  readonly headers: IncomingHttpHeaders;
  readonly method?: string | undefined;
  /** The target of the request: its path. */
  readonly url?: string | undefined;
  /** The connection that it came over. */
  readonly socket: NodeRequest["socket"] & {
    /** Over TLS: whether the client's certificate was verified. */
    readonly authorized?: boolean;
    /** Over TLS: the client's certificate; an object without properties when it has shown none. */
    readonly getPeerCertificate?: (detailed: false) => PeerCertificate;
  };
}

/** A response, as far as it says whether it has been sent. */
export interface CallResponse {
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
}

/**
 * Check whether a request came over HTTP/2. Its own word does not count: over HTTP/1.1 it may call itself `HTTP/2.0`.
 */
export function isHttp2Request(req: HttpRequest): req is Http2ServerRequest {
  return "stream" in req;
}

/** Check whether a response goes over HTTP/2. */
export function isHttp2Response(res: HttpResponse): res is Http2ServerResponse {
  return "stream" in res;
}

/** Check whether the response cannot reach the client any more. */
export function isGone(res: HttpResponse): boolean {
  return isHttp2Response(res) ? res.stream.destroyed : res.destroyed;
}
