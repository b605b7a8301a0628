import type { IncomingMessage, ServerResponse } from "node:http";
import { getHeapStatistics } from "node:v8";
import {
  type ByteBudget,
  type ByteHolder,
  type ByteLimits,
  createWaitingError,
  DEFAULT_LIMITS,
} from "@countersign/server/internal";
import {
  type CallRequest,
  type HeldRequest,
  type HttpRequest,
  type HttpResponse,
  isGone,
  isHttp2Request,
  isHttp2Response,
} from "../handler.ts";
import { respond } from "../respond.ts";
import { stopUnreadBody } from "./reject-early.ts";
import { breakOff, connectionOf } from "./request-connection.ts";

/**
 * How many bytes of requests may wait for the rest of their message, or over HTTP/1.1 for the requests of their connection
 * that came before. As many of streams, or two messages of `writeMaxBytes`, may wait for clients that do not take them.
 */
export interface WaitingLimits {
  /**
   * How many bytes of requests may wait for the rest of their message on one connection. Default 16 MiB, or two messages
   * of `readMaxBytes` where that is more.
   */
  readonly maxWaitingBytesPerConnection: number;
  /**
   * How many bytes may wait so on all connections together. A larger message is broken off, whatever `readMaxBytes` is.
   * Default: an eighth of the heap that Node may use.
   */
  readonly maxWaitingBytes: number;
}

/** These limits, or some of them. */
export type SomeWaitingLimits = {
  readonly [Name in keyof WaitingLimits]?: WaitingLimits[Name] | undefined;
};

const PART_OF_HEAP = 1 / 8;

/** Find how many bytes may wait in all by default. */
export function findMaxWaitingBytes(): number {
  return Math.ceil(getHeapStatistics().heap_size_limit * PART_OF_HEAP);
}

/** How many messages of the largest size may wait to be sent on a connection. */
const MESSAGES = 2;

/** Find how many bytes of streams may wait for clients that do not take them. */
export function toUnsentLimits(
  { maxBytes, maxBytesPerConnection }: ByteLimits,
  writeMaxBytes: number = DEFAULT_LIMITS.buildRequestListener.writeMaxBytes,
): ByteLimits {
  const leastBytes = MESSAGES * writeMaxBytes;
  return {
    maxBytes: Math.max(maxBytes, leastBytes),
    maxBytesPerConnection: Math.max(maxBytesPerConnection, leastBytes),
  };
}

/** A request whose body is read by others: the bytes of it that wait. */
export interface WaitingBody {
  /** Whether it had to give them up: nothing may come of it. */
  readonly isBrokenOff: boolean;
  /** Take note of how many bytes wait now. */
  hold(bytes: number): void;
  /** Take note that none waits any more. */
  release(): void;
}

/** What requests are counted with. */
export interface WaitingCount {
  readonly budget: ByteBudget;
  /** Says where a request comes from, in the form that limits count by. It never throws. */
  readonly peerOf: (req: CallRequest) => string;
}

/** What a field of a header takes beside its text, in bytes, as HPACK counts it (RFC 7541 §4.1). */
const FIELD_BYTES = 32;

/**
 * Count what a header takes while its request waits. HPACK writes a field that came before in one byte: without this, a
 * stranger had a server hold 10 MB a connection for 9 KB.
 */
export function sizeOfHeader(rawHeaders: readonly string[]): number {
  let bytes = (rawHeaders.length / 2) * FIELD_BYTES;
  for (const text of rawHeaders) {
    bytes += text.length;
  }
  return bytes;
}

/**
 * Count the bytes of a request that is read by others than the fast path. When it has to give them up, it is broken off: over
 * HTTP/2 with ENHANCE_YOUR_CALM, over HTTP/1.1 with 429.
 */
export function createWaitingBody(
  req: HttpRequest,
  res: HttpResponse,
  { budget, peerOf }: WaitingCount,
): WaitingBody {
  let isBrokenOff = false;
  const holder: ByteHolder = {
    connection: connectionOf(req),
    get peer() {
      return peerOf(req);
    },
    giveUp() {
      isBrokenOff = true;
      refuse(req, res);
    },
  };
  // A response that is gone is not closed once more.
  let isOver = isGone(res);
  // Who reads the body need not say that it reads no more of it: what has come is let go of with the answer.
  res.once("close", () => {
    isOver = true;
    budget.release(holder);
  });
  return {
    get isBrokenOff() {
      return isBrokenOff;
    },
    hold(bytes) {
      if (!isOver) {
        budget.hold(holder, bytes);
      }
    },
    release: () => budget.release(holder),
  };
}

/** How much Node reads of a body before a handler reads it, in bytes. */
const MAX_READ_AHEAD_BYTES = 64 * 1024;

/**
 * Count a request of HTTP/1.1 while it waits for those before it: its header, and what Node may read ahead of its body. When
 * it has to give them up, its answer is 429, which is sent in its turn.
 */
export function holdRequest(req: IncomingMessage, res: ServerResponse, count: WaitingCount): HeldRequest {
  const waiting = createWaitingBody(req, res, count);
  waiting.hold(sizeOfHeader(req.rawHeaders) + findReadAhead(req));
  return waiting;
}

/** A body in chunks does not say how long it is. */
function findReadAhead({ headers }: IncomingMessage): number {
  const length =
    headers["transfer-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : Infinity;
  return Math.min(length, MAX_READ_AHEAD_BYTES);
}

function refuse(req: HttpRequest, res: HttpResponse): void {
  if (isHttp2Request(req) || res.headersSent) {
    breakOff(req);
    return;
  }
  stopUnreadBody(req, res);
  const { metadata, rawMessage } = createWaitingError();
  respond(res, {
    status: 429,
    headers: { "content-type": "application/json", "retry-after": metadata.get("retry-after") ?? undefined },
    body: `${JSON.stringify({ code: "resource_exhausted", message: rawMessage })}\n`,
  });
  if (!isHttp2Response(res) && res.socket === null && req.complete) {
    req.resume(); // its turn has not come: what Node has read of its body is thrown away
  }
}

/**
 * Count what is read of a body, and end it with an error when it was broken off: what came of it is not all.
 *
 * @param pendingOf says after each part how many bytes wait
 */
export async function* countBody(
  body: AsyncIterable<Uint8Array>,
  waiting: WaitingBody,
  pendingOf: (part: Uint8Array) => number,
): AsyncIterable<Uint8Array> {
  try {
    for await (const part of body) {
      waiting.hold(pendingOf(part));
      if (waiting.isBrokenOff) {
        break;
      }
      yield part;
    }
    if (waiting.isBrokenOff) {
      throw createWaitingError();
    }
  } finally {
    waiting.release();
  }
}

/** Count all that came, as of one message. @param headerBytes what the header takes */
export function createSum(headerBytes: number): (part: Uint8Array) => number {
  let sum = headerBytes;
  return (part) => {
    sum += part.length;
    return sum;
  };
}
