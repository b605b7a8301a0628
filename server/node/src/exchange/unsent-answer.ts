import type { ByteBudget, ByteHolder } from "@countersign/server/internal";
import type { UniversalServerResponse } from "../connect-protocol.ts";
import { type HttpRequest, type HttpResponse, isGone, isHttp2Response } from "../handler.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { breakOff, connectionOf } from "./request-connection.ts";
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

/** Counts what waits of an answer that is written in parts. */
export interface UnsentParts {
  /** Take note of what waits now. @param comingBytes what is to be written beside it. Default 0 */
  count(comingBytes?: number): void;
}

/**
 * Count what waits of an answer until its client has taken it or has left. When there is too much, it is thrown away.
 *
 * @param besideBytes what an answer takes that waits, beside its bytes. Default 0
 */
export function createUnsentParts(
  { req, res }: NodeCall,
  { unsent, waiting }: UnsentCount,
  besideBytes = 0,
): UnsentParts {
  let coming = 0;
  const holder: ByteHolder = {
    connection: connectionOf(req),
    get peer() {
      return waiting.peerOf(req);
    },
    giveUp() {
      // Its client may have taken all of it since it was counted: nothing says so before the next part.
      if (coming > 0 || unsentBytesOf(res) > 0) {
        breakOff(req);
      }
    },
  };
  res.once("close", () => unsent.release(holder));
  return {
    count(comingBytes = 0) {
      coming = comingBytes;
      const bytes = unsentBytesOf(res) + coming;
      const held = bytes > 0 ? bytes + besideBytes : 0;
      if (held >= SHORT_BYTES && !isGone(res)) {
        unsent.hold(holder, held);
      } else {
        unsent.release(holder);
      }
    },
  };
}

/** Count what waits of an answer that Connect sends, whenever it asks for the next part. */
export function countAnswer(
  response: UniversalServerResponse,
  call: NodeCall,
  count: UnsentCount,
): UniversalServerResponse {
  const { body } = response;
  return body === undefined
    ? response
    : { ...response, body: countParts(body, createUnsentParts(call, count)) };
}

function countParts(body: AsyncIterable<Uint8Array>, unsent: UnsentParts): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const parts = body[Symbol.asyncIterator]();
      return {
        async next() {
          unsent.count();
          const part = await parts.next();
          if (part.done !== true) {
            unsent.count(part.value.length);
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
