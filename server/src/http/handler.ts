import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

/** A request of either version of HTTP, as Node.js hands it over. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;

/** A response of either version of HTTP, as Node.js hands it over. */
export type HttpResponse = ServerResponse | Http2ServerResponse;

/** Answers one request. It must not throw. */
export type HttpHandler = (req: HttpRequest, res: HttpResponse) => void;

/** Say whether a request came over HTTP/2. */
export function isHttp2Request(req: HttpRequest): req is Http2ServerRequest {
  return req.httpVersionMajor === 2;
}

/** Say whether a response goes over HTTP/2. */
export function isHttp2Response(res: HttpResponse): res is Http2ServerResponse {
  return "stream" in res;
}

/** Say whether nobody can get the response any more. */
export function isGone(res: HttpResponse): boolean {
  return isHttp2Response(res) ? res.stream.destroyed : res.destroyed;
}
