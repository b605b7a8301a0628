import { constants } from "node:http2";
import { type HttpRequest, isHttp2Request } from "../handler.ts";

/** Find the connection that a request came over; over HTTP/2 its stream, when that is over and has none any more. */
export function connectionOf(req: HttpRequest): object {
  return isHttp2Request(req) ? (req.stream.session ?? req.stream) : req.socket;
}

/** Throw a request away that holds too much, and its answer: over HTTP/1.1 with its connection. */
export function breakOff(req: HttpRequest): void {
  if (isHttp2Request(req)) {
    req.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  } else {
    req.socket.destroy();
  }
}
