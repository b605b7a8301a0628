import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { type HttpRequest, type HttpResponse, isHttp2Request, isHttp2Response } from "./handler.ts";

/** How much of an unwanted body is taken off the wire of HTTP/1.1, so that the caller gets to read the answer: no read begins that could exceed it, beyond the one that Node does ahead. */
const DRAIN_MAX_BYTES = 64 * 1024;

/** How long an unwanted body is taken off the wire of HTTP/1.1, in milliseconds. */
const DRAIN_MAX_MS = 1_000;

/**
 * Make sure that no more of a body is accepted than was wanted when the answer began.
 *
 * Call it right before the header of the answer is written. When the request has arrived whole, nothing happens.
 * Otherwise, over HTTP/2, the stream is reset with NO_ERROR behind the answer (RFC 9113 §8.1); over HTTP/1.1 the
 * answer says `Connection: close` and the connection is closed in stages (RFC 9112 §9.6): at most 64 KiB of the rest is
 * read and thrown away, for at most one second, because closing with unread bytes would lose the answer.
 */
export function stopUnreadBody(req: HttpRequest, res: HttpResponse): void {
  if (isHttp2Request(req) && isHttp2Response(res)) {
    resetBehindResponse(res.stream);
    return;
  }
  if (isHttp2Request(req) || isHttp2Response(res) || req.complete || res.headersSent) return;
  closeBehindResponse(req, res);
}

function resetBehindResponse(stream: ServerHttp2Stream): void {
  if (stream.readableEnded) return;
  // Node sends trailers one turn of the loop after it asks for them. A reset before that would drop them.
  stream.once("wantTrailers", () => {
    setImmediate(() => {
      if (!stream.readableEnded && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  });
}

function closeBehindResponse(req: IncomingMessage, res: ServerResponse): void {
  const { socket } = req;
  res.setHeader("connection", "close");
  // Node calls destroySoon() once the answer is flushed. Destroying there makes the kernel send RST for the unread
  // body, and the RST can overtake the answer.
  socket.destroySoon = () => drainThenDestroy(socket);
}

function drainThenDestroy(socket: Socket): void {
  let bytesLeft = DRAIN_MAX_BYTES;
  const timer = setTimeout(() => socket.destroy(), DRAIN_MAX_MS);
  socket.once("close", () => clearTimeout(timer));
  // Without its listener the HTTP parser sees nothing more: no second request is answered on this connection.
  socket.removeAllListeners("data");
  socket.on("data", (chunk: Buffer) => {
    bytesLeft -= chunk.length;
    // The next read may be as large as this one. The rest of the time is the caller's to read the answer.
    if (bytesLeft < chunk.length) socket.pause();
  });
  socket.once("end", () => socket.destroy());
  socket.end();
  socket.resume();
}
