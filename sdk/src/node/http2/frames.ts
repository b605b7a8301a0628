import { Code, ConnectError } from "@connectrpc/connect";

/** What comes before each message: a byte of flags and four bytes of length. */
const PREFIX_BYTES = 5;

/** The flag of messages that are compressed. */
export const COMPRESSED = 1;

/** Is handed each message as it was sent. */
export type OnFrame = (data: Uint8Array, flags: number) => void;

/** Put a prefix before a message. */
export function toFrame(message: Uint8Array, flags = 0): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = flags;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/**
 * Cuts the bytes of an answer into messages, wherever they were split. It keeps no more than has arrived, whatever length
 * a prefix announces.
 *
 * Messages are views of what has arrived: one that is kept would keep the whole of what Node has read, 64 KiB.
 */
export class FrameReader {
  readonly #onFrame: OnFrame;
  readonly #maxBytes: number;
  /** What has arrived of the prefix of a message that is not there as a whole. */
  #prefix: number[] = [];
  #parts: Uint8Array[] = [];
  #partBytes = 0;

  /** @param maxBytes how large a message may be, in bytes; default: as large as it can be */
  constructor(onFrame: OnFrame, maxBytes: number = Infinity) {
    this.#onFrame = onFrame;
    this.#maxBytes = maxBytes;
  }

  /** Whether the last message has ended. */
  get isBetweenFrames(): boolean {
    return this.#prefix.length === 0;
  }

  /**
   * Take what has arrived. As with Connect, a message that is too large is found before those ahead of it that came with it
   * are handed on.
   *
   * @throws ConnectError ResourceExhausted when a message is larger than it may be
   */
  push(received: Uint8Array): void {
    // Parts of a plain array take less time to make than those of a Buffer.
    const chunk = new Uint8Array(received.buffer, received.byteOffset, received.length);
    let offset = 0;
    if (this.isBetweenFrames) {
      this.#assertSizes(chunk, 0);
    } else {
      offset = this.#readSplit(chunk, 0);
    }
    if (this.isBetweenFrames) {
      this.#readSplit(chunk, this.#readWhole(chunk, offset));
    }
  }

  /** Check the messages that begin in the rest of a chunk. */
  #assertSizes(chunk: Uint8Array, start: number): void {
    let offset = start;
    while (offset + PREFIX_BYTES <= chunk.length) {
      const length = readLength(chunk, offset);
      assertSize(length, this.#maxBytes);
      offset += PREFIX_BYTES + length;
    }
  }

  /** Read the messages that are there as a whole. @returns how far they reach */
  #readWhole(chunk: Uint8Array, from: number): number {
    let offset = from;
    for (;;) {
      const start = offset + PREFIX_BYTES;
      const end = start + readLength(chunk, offset);
      if (start > chunk.length || end > chunk.length) {
        return offset;
      }
      this.#onFrame(chunk.subarray(start, end), chunk[offset] ?? 0);
      offset = end;
    }
  }

  /** Read one message that is not there as a whole, as far as it is. @returns how far that is */
  #readSplit(chunk: Uint8Array, start: number): number {
    const offset = this.#prefix.length < PREFIX_BYTES ? this.#readPrefix(chunk, start) : start;
    const hasMore = this.#prefix.length === PREFIX_BYTES && (offset < chunk.length || this.#length === 0);
    return hasMore ? this.#readData(chunk, offset) : offset;
  }

  get #length(): number {
    return readLength(this.#prefix, 0);
  }

  #readPrefix(chunk: Uint8Array, start: number): number {
    let offset = start;
    while (offset < chunk.length && this.#prefix.length < PREFIX_BYTES) {
      this.#prefix.push(chunk[offset] ?? 0);
      offset += 1;
    }
    if (this.#prefix.length === PREFIX_BYTES) {
      assertSize(this.#length, this.#maxBytes);
    }
    return offset;
  }

  #readData(chunk: Uint8Array, offset: number): number {
    const missing = this.#length - this.#partBytes;
    const end = Math.min(offset + missing, chunk.length);
    if (end - offset < missing) {
      this.#parts.push(chunk.subarray(offset, end));
      this.#partBytes += end - offset;
      return end;
    }
    this.#assertSizes(chunk, end);
    const data = this.#join(chunk, offset, end);
    const [flags = 0] = this.#prefix;
    this.#prefix = [];
    this.#onFrame(data, flags);
    return end;
  }

  #join(chunk: Uint8Array, offset: number, end: number): Uint8Array {
    if (this.#partBytes === 0) {
      return chunk.subarray(offset, end);
    }
    const data = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      data.set(part, at);
      at += part.length;
    }
    data.set(chunk.subarray(offset, end), at);
    this.#parts = [];
    this.#partBytes = 0;
    return data;
  }
}

/** Read the length in a prefix. */
function readLength(bytes: ArrayLike<number>, offset: number): number {
  const byte = (index: number): number => bytes[offset + index] ?? 0;
  return ((byte(1) << 24) | (byte(2) << 16) | (byte(3) << 8) | byte(4)) >>> 0;
}

/** Check how large a message is. @throws ConnectError ResourceExhausted when it is too large */
export function assertSize(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    const message = `message size ${bytes} is larger than configured readMaxBytes ${maxBytes}`;
    throw new ConnectError(message, Code.ResourceExhausted);
  }
}
