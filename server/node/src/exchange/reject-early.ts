import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { Cancel } from "@countersign/server";
import { systemClock } from "@countersign/server/internal";
import { type HttpRequest, type HttpResponse, isHttp2Request, isHttp2Response } from "../handler.ts";

/** How much of an unwanted body is taken off the wire of HTTP/1.1, so that the caller gets to read the answer: no read begins that could exceed it, beyond the one that Node does ahead. */
const DRAIN_MAX_BYTES = 64 * 1024;

/**
 * How long after the answer a stream of HTTP/2 is reset, in milliseconds. A reset that comes with the answer makes
 * some callers, curl 7.88 among them, drop the answer unread; most stop sending by themselves when they have read it.
 * Meanwhile nothing more arrives than the window of the stream, which is not opened again.
 */
const RESET_DELAY_MS = 100;

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
    resetBehindResponse(res.stream, req);
    return;
  }
  if (isHttp2Request(req) || isHttp2Response(res) || req.complete || res.headersSent) {
    return;
  }
  closeBehindResponse(req, res);
}

/**
 * Go on once all that came with the header of a request has been parsed. Over HTTP/1.1 Node hands a header over before
 * that: no request is complete then, although most bodies come with their header, and an answer would close the
 * connection.
 */
export function whenParsed(req: HttpRequest, next: () => void): void {
  if (isHttp2Request(req) || req.complete) {
    next();
  } else {
    process.nextTick(next);
  }
}

/**
 * Reset a stream of HTTP/2 behind its answer, when its body has not been read to the end. Call it before the answer ends.
 *
 * @param body what the body was read from: the stream itself, or the request that Node has made of it
 */
export function resetBehindResponse(stream: ServerHttp2Stream, body: Readable = stream): void {
  if (stream.readableEnded) {
    return;
  }
  // When its answer ends, Node resets at once a stream that no handler ever began to read or pause. Not sooner: a handler may
  // begin to read after it has begun to answer, and a stream that is paused then never flows.
  stream.once("prefinish", () => {
    if (stream.readableFlowing === null) {
      stream.pause();
    }
  });
  const close = keepFromReset(stream);
  let cancelReset: Cancel | undefined;
  const reset = (): void => {
    cancelReset ??= systemClock.schedule(() => {
      if (stream.destroyed) {
        return;
      }
      if (!stream.readableEnded) {
        close(constants.NGHTTP2_NO_ERROR);
      }
      // What has arrived must be thrown away: a stream with unread bytes would hold its connection open for ever.
      // A reader may still be attached, and would keep it from flowing.
      for (const source of [body, stream]) {
        source.removeAllListeners("readable").resume();
      }
    }, RESET_DELAY_MS);
  };
  whenAnswered(stream, reset);
  stream.once("close", () => cancelReset?.());
}

/**
 * Reset a stream of HTTP/2 behind the answer of any handler, when nothing ever read or paused it. Node does so after
 * some answers only: not after one to HEAD or CONNECT, and not after one without a body.
 */
export function resetUntouched(stream: ServerHttp2Stream): void {
  if (stream.endAfterHeaders) {
    return;
  }
  let cancelReset: Cancel | undefined;
  whenAnswered(stream, () => {
    cancelReset ??= systemClock.schedule(() => {
      if (!stream.destroyed && stream.readableFlowing === null) {
        stream.close(constants.NGHTTP2_NO_ERROR);
        // A stream with unread bytes would hold its connection open for ever.
        stream.resume();
      }
    }, RESET_DELAY_MS);
  });
  stream.once("close", () => cancelReset?.());
}

/** Find out when all of an answer but its trailer was written. @param onAnswered may be called twice */
function whenAnswered(stream: ServerHttp2Stream, onAnswered: () => void): void {
  if (!stream.writableEnded) {
    stream.once("wantTrailers", onAnswered);
    // An answer without a body ends with its header, and nothing asks for trailers.
    stream.once("finish", onAnswered);
    return;
  }
  // Node ends the answer to HEAD before any handler gets the stream: at most its header is still to come.
  if (stream.headersSent) {
    onAnswered();
    return;
  }
  const respond = stream.respond.bind(stream);
  stream.respond = (...args) => {
    respond(...args);
    onAnswered();
  };
}

/**
 * Keep Connect from resetting a stream without an error: from 2.3 on it does, together with its answer.
 *
 * @returns what resets it
 */
function keepFromReset(stream: ServerHttp2Stream): (code: number) => void {
  const close = stream.close.bind(stream);
  stream.close = (code, callback) => {
    if (code !== constants.NGHTTP2_NO_ERROR) {
      close(code, callback);
    }
  };
  return close;
}

/** Close a connection of HTTP/1.1 behind an answer. Call it before the header of the answer is written. */
export function closeBehindResponse(req: IncomingMessage, res: ServerResponse): void {
  const { socket } = req;
  res.setHeader("connection", "close");
  // Node calls destroySoon() once the answer is flushed. Destroying there makes the kernel send RST for the unread
  // body, and the RST can overtake the answer.
  socket.destroySoon = () => drainThenDestroy(socket);
}

/** Close a connection of HTTP/1.1 in stages, so that its caller gets to read the answer. */
export function drainThenDestroy(socket: Socket): void {
  let bytesLeft = DRAIN_MAX_BYTES;
  const cancelTimer = systemClock.schedule(() => socket.destroy(), DRAIN_MAX_MS);
  socket.once("close", cancelTimer);
  // Without its listener the HTTP parser sees nothing more: no second request is answered on this connection.
  socket.removeAllListeners("data");
  socket.on("data", (chunk: Buffer) => {
    bytesLeft -= chunk.length;
    // The next read may be as large as this one. The rest of the time is the caller's to read the answer.
    if (bytesLeft < chunk.length) {
      socket.pause();
    }
  });
  socket.once("end", () => socket.destroy());
  socket.end();
  socket.resume();
}
