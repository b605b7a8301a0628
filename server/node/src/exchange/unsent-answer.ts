import { constants } from "node:http2";
import type { ByteBudget, ByteHolder } from "@countersign/server/internal";
import type { UniversalServerResponse } from "../connect-protocol.ts";
import { type HttpRequest, type HttpResponse, isGone, isHttp2Request, isHttp2Response } from "../handler.ts";
import type { HttpExchange } from "./http-exchange.ts";
import type { WaitingCount } from "./waiting-bytes.ts";

/** Shorter answers take no more than the streams that they are the answers of, and those have a limit of their own. */
const SHORT_BYTES = 1024;

/** What answers are counted with. */
export interface UnsentCount {
  /** Counts what waits to be sent. */
  readonly unsent: ByteBudget;
  readonly waiting: Pick<WaitingCount, "peerOf">;
}

/**
 * Count a whole answer until its client has it or has left: without this, a client that takes nothing has a server hold as
 * many as it can ask for. When there are too many, it is thrown away.
 */
export function holdAnswer(exchange: HttpExchange, bytes: number, { unsent, waiting }: UnsentCount): void {
  if (bytes < SHORT_BYTES || exchange.isGone) {
    return;
  }
  const holder: ByteHolder = {
    connection: exchange.connection,
    get peer() {
      return waiting.peerOf(exchange.request);
    },
    giveUp: () => exchange.breakOff(),
  };
  exchange.onClose(() => unsent.release(holder));
  unsent.hold(holder, bytes);
}

/** A request, and the way to answer it. */
export interface NodeCall {
  readonly req: HttpRequest;
  readonly res: HttpResponse;
}

/**
 * Count what waits of an answer that others send, whenever they ask for its next part. When there is too much, it is thrown
 * away.
 */
export function countAnswer(
  response: UniversalServerResponse,
  call: NodeCall,
  count: UnsentCount,
): UniversalServerResponse {
  const { body } = response;
  return body === undefined ? response : { ...response, body: countParts(body, call, count) };
}

function countParts(
  body: AsyncIterable<Uint8Array>,
  { req, res }: NodeCall,
  { unsent, waiting }: UnsentCount,
): AsyncIterable<Uint8Array> {
  /** Whether the last part is still being written. */
  let isWriting = false;
  const holder: ByteHolder = {
    connection: isHttp2Request(req) ? (req.stream.session ?? req.stream) : req.socket,
    get peer() {
      return waiting.peerOf(req);
    },
    giveUp() {
      // Its client may have taken all of it since it was counted: nothing says so before the next part.
      if (isWriting || unsentBytesOf(res) > 0) {
        breakOff(req);
      }
    },
  };
  const hold = (bytes: number): void => {
    if (bytes >= SHORT_BYTES && !isGone(res)) {
      unsent.hold(holder, bytes);
    } else {
      unsent.release(holder);
    }
  };
  res.once("close", () => unsent.release(holder));
  return {
    [Symbol.asyncIterator]() {
      const parts = body[Symbol.asyncIterator]();
      return {
        async next() {
          const unsentBytes = unsentBytesOf(res);
          isWriting = false;
          hold(unsentBytes);
          const part = await parts.next();
          if (part.done !== true) {
            isWriting = true;
            hold(unsentBytes + part.value.length);
          }
          return part;
        },
        throw: (reason: unknown) => parts.throw?.(reason) ?? Promise.reject(reason),
        return: (value: unknown) => parts.return?.(value) ?? Promise.resolve({ done: true, value }),
      };
    },
  };
}

function unsentBytesOf(res: HttpResponse): number {
  // The response of HTTP/2 does not say; its stream does. It has none any more when it is over.
  return isHttp2Response(res) ? (res.stream?.writableLength ?? 0) : res.writableLength;
}

function breakOff(req: HttpRequest): void {
  if (isHttp2Request(req)) {
    req.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  } else {
    req.socket.destroy();
  }
}
