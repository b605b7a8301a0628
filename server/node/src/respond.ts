import type { OutgoingHttpHeaders } from "node:http";
import { constants } from "node:http2";
import { type HttpResponse, isGone, isHttp2Response } from "./handler.ts";

/** A whole answer, small enough to be held in memory. */
export interface PlainResponse {
  /** The status code of HTTP. */
  readonly status: number;
  /** Header fields beside those that are already set. */
  readonly headers?: Readonly<OutgoingHttpHeaders>;
  /** The body; none when absent. */
  readonly body?: string | Buffer;
}

/** Send a whole answer. Does nothing when an answer has begun already or the caller is gone. */
export function respond(res: HttpResponse, { status, headers = {}, body }: PlainResponse): void {
  if (res.headersSent || isGone(res)) {
    return;
  }
  res.statusCode = status;
  res.setHeader("x-content-type-options", "nosniff");
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) {
      res.setHeader(name, value);
    }
  }
  if (body === undefined) {
    res.end();
    return;
  }
  res.setHeader("content-length", Buffer.byteLength(body));
  if (res.req.method === "HEAD") {
    res.end();
  } else {
    res.end(body);
  }
}

/** Send an object as JSON that no cache keeps. */
export function respondJson(res: HttpResponse, status: number, value: object): void {
  respond(res, {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: `${JSON.stringify(value)}\n`,
  });
}

/** Refuse a request with the names of the methods that would be answered. */
export function respondMethodNotAllowed(res: HttpResponse, allow: string): void {
  res.setHeader("allow", allow);
  respondJson(res, 405, { error: "method not allowed" });
}

/** Answer "internal error", or break off an answer that has begun. */
export function respondFailure(res: HttpResponse): void {
  if (res.headersSent) {
    // Without a code, the end of an answer over HTTP/2 looks like that of a whole one.
    if (isHttp2Response(res)) {
      res.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    } else {
      res.destroy();
    }
    return;
  }
  // One of these may be why it failed: Node refuses some headers that a handler can set.
  for (const name of res.getHeaderNames()) {
    res.removeHeader(name);
  }
  respondJson(res, 500, { code: "internal", message: "internal error" });
}
