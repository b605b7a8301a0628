/** What comes before each message: a byte of flags and four bytes of length. */
const PREFIX_BYTES = 5;
const COMPRESSED = 1;

/** Is handed each message as it was sent. */
export type OnFrame = (data: Uint8Array, isCompressed: boolean) => void;

/** Put the prefix of gRPC before a message. */
export function toFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/**
 * Cuts the bytes of an answer into messages, wherever they were split.
 *
 * It keeps no more than has arrived, whatever length a prefix announces. Messages are copies: a view would keep the whole
 * of what Node has read, 64 KiB, for as long as the application keeps one field of the message.
 */
export class FrameReader {
  readonly #onFrame: OnFrame;
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #prefixBytes = 0;
  #parts: Uint8Array[] = [];
  #partBytes = 0;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** Whether the last message has ended. */
  get isBetweenFrames(): boolean {
    return this.#prefixBytes === 0;
  }

  /** Take what has arrived. */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length || this.#isComplete) {
      offset =
        this.#prefixBytes < PREFIX_BYTES ? this.#readPrefix(chunk, offset) : this.#readData(chunk, offset);
    }
  }

  /** Whether a message without bytes has its prefix. */
  get #isComplete(): boolean {
    return this.#prefixBytes === PREFIX_BYTES && this.#length === 0;
  }

  get #length(): number {
    const [, a = 0, b = 0, c = 0, d = 0] = this.#prefix;
    return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  }

  #readPrefix(chunk: Uint8Array, start: number): number {
    let offset = start;
    while (offset < chunk.length && this.#prefixBytes < PREFIX_BYTES) {
      this.#prefix[this.#prefixBytes] = chunk[offset] ?? 0;
      this.#prefixBytes += 1;
      offset += 1;
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
    const data = this.#join(chunk, offset, end);
    const isCompressed = ((this.#prefix[0] ?? 0) & COMPRESSED) === COMPRESSED;
    this.#prefixBytes = 0;
    this.#onFrame(data, isCompressed);
    return end;
  }

  #join(chunk: Uint8Array, offset: number, end: number): Uint8Array {
    if (this.#partBytes === 0) {
      return Uint8Array.prototype.slice.call(chunk, offset, end);
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
