import type { Readable } from "node:stream";
import { type ByteParts, createByteParts } from "@countersign/server/internal";
import { packParts } from "./pack-parts.ts";

/** What is known of a body before it is read. */
export interface BodyShape {
  /** Whether it is one message in an envelope: a flag, the length in four bytes, and the message. */
  readonly isEnveloped: boolean;
  /** How long it is said to be, in bytes. Of no account in an envelope. */
  readonly contentLength: number | undefined;
  /** How large the message may be, in bytes. */
  readonly maxBytes: number;
}

/** A body that is not simply one message of the length that was announced. */
export interface UnusualBody {
  /** What has been read of it. */
  readonly parts: readonly Uint8Array[];
  /** What is still to be read: `undefined` at its end. */
  readonly rest: Readable | undefined;
}

/** Gets a body. Either `onMessage` or `onUnusualBody` is called, once, unless the caller leaves before. */
export interface BodyListener {
  /** So many bytes of it wait for the rest. Is called with each part, before the others. */
  onBytes(bytes: number): void;
  /** It is one message, of the length that was announced. */
  onMessage(bytes: Uint8Array): void;
  /** It is anything else. */
  onUnusualBody(body: UnusualBody): void;
  /** No more of it will come. May be called after any of the others, too. */
  onBrokenOff(): void;
}

/**
 * Read an unusual body from its beginning.
 *
 * @param onBytes is told how many bytes there are with each further part
 */
export async function* replay(
  { parts, rest }: UnusualBody,
  onBytes: (bytes: number) => void,
): AsyncIterable<Uint8Array> {
  yield* parts;
  // The iterator must not destroy the request when it is stopped: that would cut off the answer.
  if (rest !== undefined) {
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    yield* packParts(counted(rest.iterator({ destroyOnReturn: false }), bytes, onBytes));
  }
}

async function* counted(
  body: AsyncIterable<Uint8Array>,
  bytesBefore: number,
  onBytes: (bytes: number) => void,
): AsyncIterable<Uint8Array> {
  let bytes = bytesBefore;
  for await (const part of body) {
    bytes += part.length;
    onBytes(bytes);
    yield part;
  }
}

const ENVELOPE_BYTES = 5;

/** How many times its own size the memory may have that a part is cut out of. */
const MAX_SHARED = 4;

/** No body has it: with this length expected, every one is unusual. */
const UNUSUAL = -1;

/** Puts a body together. A class: one is made for every call. */
export class BodyReader {
  readonly #shape: BodyShape;
  readonly #listener: BodyListener;
  /** The first part, with as much of those behind it as an envelope needs. Most bodies have no other. */
  #first: Buffer | undefined;
  /** All parts, once there are more. */
  #parts: ByteParts | undefined;
  #size = 0;
  /** How long the body must be, as far as that is known. */
  #expected: number | undefined;
  #isDropped = false;

  constructor(shape: BodyShape, listener: BodyListener) {
    const { isEnveloped, contentLength, maxBytes } = shape;
    this.#shape = shape;
    this.#listener = listener;
    if (!isEnveloped && contentLength !== undefined) {
      this.#expected = contentLength > maxBytes ? UNUSUAL : contentLength;
    }
  }

  /** Whether the body is nothing unusual so far. If it is, it must be given up. */
  get isUsual(): boolean {
    return this.#isDropped || this.#size <= (this.#expected ?? this.#shape.maxBytes);
  }

  /** Take the next part. */
  push(part: Buffer): void {
    if (this.#isDropped) {
      return;
    }
    this.#keep(part);
    this.#size += part.length;
    this.#listener.onBytes(this.#size);
    if (this.#isDropped) {
      return;
    }
    if (this.#shape.isEnveloped) {
      this.#expected ??= this.#readEnvelope();
    }
  }

  /** Forget all of it: nobody wants it any more. */
  drop(): void {
    this.#isDropped = true;
    this.#first = undefined;
    this.#parts = undefined;
  }

  /** Take note of the end. */
  end(): void {
    if (this.#isDropped) {
      return;
    }
    const { isEnveloped } = this.#shape;
    const isWhole = this.#expected === undefined ? !isEnveloped : this.#size === this.#expected;
    if (isWhole) {
      this.#listener.onMessage(this.#take(isEnveloped ? ENVELOPE_BYTES : 0));
    } else {
      this.#listener.onUnusualBody({ parts: this.#size === 0 ? [] : [this.#take(0)], rest: undefined });
    }
  }

  /** Take note that the caller has left. */
  breakOff(): void {
    this.#listener.onBrokenOff();
  }

  /** Leave the body to others. @param rest what has not been read yet */
  giveUp(rest: Readable): void {
    this.#listener.onUnusualBody({ parts: this.#size === 0 ? [] : [this.#take(0)], rest });
  }

  /** Find how long the body is, as soon as enough of it has come. */
  #readEnvelope(): number | undefined {
    if (this.#size < ENVELOPE_BYTES) {
      return undefined;
    }
    const head = this.#first ?? Buffer.alloc(ENVELOPE_BYTES);
    const length = head.readUInt32BE(1);
    return head[0] !== 0 || length > this.#shape.maxBytes ? UNUSUAL : ENVELOPE_BYTES + length;
  }

  #keep(part: Buffer): void {
    if (this.#first === undefined) {
      this.#first = toOwnMemory(part);
    } else if (this.#first.length < ENVELOPE_BYTES) {
      this.#first = Buffer.concat([this.#first, part]);
    } else {
      if (this.#parts === undefined) {
        this.#parts = createByteParts();
        this.#parts.add(this.#first);
      }
      this.#parts.add(part);
    }
  }

  /** Copy: Node cuts the parts out of memory that other calls share, and a handler may keep what it gets. */
  #take(skip: number): Uint8Array {
    return this.#parts?.take(skip) ?? new Uint8Array(this.#first?.subarray(skip) ?? []);
  }
}

/** Node cuts parts out of what it has read at once: a tiny one must not keep all of that while it waits. */
function toOwnMemory(part: Buffer): Buffer {
  return part.buffer.byteLength > MAX_SHARED * part.length ? Buffer.from(part) : part;
}

/** Read a body of which nothing was read before. */
export function feed(reader: BodyReader, source: Readable): void {
  if (!reader.isUsual) {
    reader.giveUp(source);
    return;
  }
  const onData = (part: Buffer): void => {
    reader.push(part);
    if (reader.isUsual) {
      return;
    }
    source.off("data", onData).off("end", onEnd).pause();
    reader.giveUp(source);
  };
  const onEnd = (): void => reader.end();
  // An empty body ends by itself, also without a listener.
  if (source.readableEnded) {
    onEnd();
  } else {
    source.on("data", onData).on("end", onEnd);
  }
}
