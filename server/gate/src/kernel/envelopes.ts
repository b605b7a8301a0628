import { createByteParts } from "./byte-parts.ts";

/** What an envelope begins with: its flags, and the length of the message in four bytes. */
export const HEAD_BYTES = 5;

/** The envelopes of a body, as its parts come. */
export interface EnvelopePile {
  /** How many bytes there are of the first that is not whole. */
  readonly size: number;
  /** Take all envelopes that are whole with this part. @throws what `tooLarge` makes when the message of one is too large */
  takeWhole(part: Uint8Array): readonly Uint8Array[];
  /** Take what there is of one that is not whole. */
  takeRest(): Uint8Array;
}

/**
 * Create the pile of what has come of the first envelope that is not whole. Nothing is set aside for what has not come.
 *
 * @param maxBytes how large a message may be
 * @param tooLarge makes the error of one that is larger
 */
export function createEnvelopePile(
  maxBytes: number,
  tooLarge: (maxBytes: number, bytes: number) => Error,
): EnvelopePile {
  const held = createByteParts();
  /** How long the first envelope is; undefined: not enough of it has come. */
  let length: number | undefined;

  const readLength = (bytes: Uint8Array): number | undefined => {
    if (bytes.length < HEAD_BYTES) {
      return undefined;
    }
    const message = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    if (message > maxBytes) {
      throw tooLarge(maxBytes, message);
    }
    return HEAD_BYTES + message;
  };
  const takeBefore = (part: Uint8Array): Uint8Array => {
    if (held.size === 0) {
      return part;
    }
    held.add(part);
    return held.take();
  };
  return {
    get size(): number {
      return held.size;
    },
    takeWhole(part: Uint8Array): readonly Uint8Array[] {
      const envelopes: Uint8Array[] = [];
      let rest = length === undefined ? takeBefore(part) : part;
      for (;;) {
        length ??= readLength(rest);
        if (length === undefined || held.size + rest.length < length) {
          held.add(rest);
          return envelopes;
        }
        const end = length - held.size;
        envelopes.push(takeBefore(rest.subarray(0, end)));
        rest = rest.subarray(end);
        length = undefined;
      }
    },
    takeRest: (): Uint8Array => held.take(),
  };
}
