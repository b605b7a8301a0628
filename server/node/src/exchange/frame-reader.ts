import { tooLarge } from "@countersign/server/internal";

/** A message as it goes over the wire, without its length. */
export interface Frame {
  readonly flags: number;
  readonly data: Uint8Array;
}

/** A flag, and the length of the message in four bytes. */
export const FRAME_HEAD_BYTES = 5;

/** What is set aside for a message at first, in bytes: most are smaller. Never what it says of its own length. */
const LEAST_BUFFER_BYTES = 256;

/**
 * Takes the messages out of the parts of a body. Only the one that is not whole yet is kept. A class: one is made for every
 * stream.
 */
export class FrameReader {
  readonly #maxBytes: number;
  #buffer: Buffer = NOTHING;
  #length = 0;

  /** @param maxBytes how large a message may be */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes have come of a message that is not whole. */
  get pendingBytes(): number {
    return this.#length;
  }

  /**
   * Take the next part.
   *
   * @returns the messages that end in it
   * @throws ConnectError `RESOURCE_EXHAUSTED` when a message is too large: then none of the part is taken, as with Connect
   */
  push(part: Buffer): readonly Frame[] {
    if (this.#length === 0) {
      return this.#split(part);
    }
    this.#append(part);
    return this.#split(this.#buffer.subarray(0, this.#length));
  }

  /** Forget what is pending. */
  drop(): void {
    this.#buffer = NOTHING;
    this.#length = 0;
  }

  #split(bytes: Buffer): readonly Frame[] {
    const frames: Frame[] = [];
    const { buffer, byteOffset } = bytes;
    const view = new Uint8Array(buffer, byteOffset, bytes.length); // a slice of a Buffer is none of its own
    let at = 0;
    while (bytes.length - at >= FRAME_HEAD_BYTES) {
      const length = bytes.readUInt32BE(at + 1);
      if (length > this.#maxBytes) {
        throw tooLarge(this.#maxBytes, length);
      }
      const end = at + FRAME_HEAD_BYTES + length;
      if (end > bytes.length) {
        break;
      }
      // A copy: Node cuts parts out of memory that other calls share, and a handler may keep what it gets.
      frames.push({ flags: view[at] ?? 0, data: view.slice(at + FRAME_HEAD_BYTES, end) });
      at = end;
    }
    this.#keep(bytes, at);
    return frames;
  }

  /** Keep what is behind the last whole message. */
  #keep(bytes: Buffer, from: number): void {
    if (from === bytes.length) {
      this.drop();
    } else if (this.#length === 0) {
      this.#append(bytes.subarray(from));
    } else if (from > 0) {
      const rest = Buffer.from(bytes.subarray(from));
      this.drop();
      this.#append(rest);
    }
  }

  #append(part: Buffer): void {
    const size = this.#length + part.length;
    if (size > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(LEAST_BUFFER_BYTES, size, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    part.copy(this.#buffer, this.#length);
    this.#length = size;
  }
}

const NOTHING = Buffer.alloc(0);
