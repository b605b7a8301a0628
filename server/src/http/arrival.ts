import { constants } from "node:http2";
import type { DescMethod } from "@bufbuild/protobuf";
import { type HttpRequest, isHttp2Request } from "./handler.ts";

/** Say whether the request of a method is one message, which must arrive before anything can happen. */
export function takesOneMessage(method: DescMethod): boolean {
  return method.methodKind === "unary" || method.methodKind === "server_streaming";
}

/**
 * Hang up when a request has not arrived whole after `timeoutMs` milliseconds: otherwise a stranger could keep it, and
 * what was received of it, for ever.
 *
 * @returns the function that stops the waiting
 */
export function limitArrival(req: HttpRequest, timeoutMs: number): () => void {
  const timer = setTimeout(() => {
    if (!req.complete) hangUp(req);
  }, timeoutMs);
  return () => clearTimeout(timer);
}

function hangUp(req: HttpRequest): void {
  if (isHttp2Request(req)) req.stream.close(constants.NGHTTP2_CANCEL);
  else req.socket.destroy();
}
