const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING = 0x3d;

const ENCODED = new TextEncoder().encode(ALPHABET);

/** What stands for no value: in the table of values, and at the place of padding. */
const NONE = 0xff;

const DECODED = new Uint8Array(256).fill(NONE);
for (const [value, code] of ENCODED.entries()) {
  DECODED[code] = value;
}

/**
 * Write bytes as the ASCII of their base64, with padding ([RFC 4648 §4](https://www.rfc-editor.org/rfc/rfc4648#section-4)).
 * Not as a text: bytes become bytes without a copy between.
 */
export function encodeBase64Bytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const encoded = new Uint8Array(4 * Math.ceil(bytes.length / 3));
  let to = 0;
  for (let from = 0; from < bytes.length; from += 3) {
    const left = bytes.length - from;
    const group = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    encoded[to++] = ENCODED[group >> 18] ?? 0;
    encoded[to++] = ENCODED[(group >> 12) & 63] ?? 0;
    encoded[to++] = left > 1 ? (ENCODED[(group >> 6) & 63] ?? 0) : PADDING;
    encoded[to++] = left > 2 ? (ENCODED[group & 63] ?? 0) : PADDING;
  }
  return encoded;
}

/** Reads base64 as it comes, in parts of any size. */
export interface Base64Decoder {
  /**
   * Read a part. @returns the bytes that are whole; undefined: it is no base64
   */
  read(part: Uint8Array): Uint8Array<ArrayBuffer> | undefined;
  /** Whether all that was read are whole groups of four. */
  isWhole(): boolean;
}

/**
 * Create what reads base64 with padding, also where several texts with padding follow each other. It keeps three
 * characters at the most between two parts.
 */
export function createBase64Decoder(): Base64Decoder {
  let group = 0;
  let count = 0;
  let padding = 0;
  return {
    read(part) {
      const bytes = new Uint8Array(Math.floor((3 * (count + part.length)) / 4));
      let to = 0;
      for (const code of part) {
        const value = DECODED[code] ?? NONE;
        // Two characters of a group at the least are no padding, and none follow it.
        if (code === PADDING ? count < 2 : value === NONE || padding > 0) {
          return undefined;
        }
        padding += code === PADDING ? 1 : 0;
        group = (group << 6) | (code === PADDING ? 0 : value);
        count += 1;
        if (count === 4) {
          bytes[to] = group >> 16;
          bytes[to + 1] = group >> 8;
          bytes[to + 2] = group;
          to += 3 - padding;
          group = count = padding = 0;
        }
      }
      return bytes.subarray(0, to);
    },
    isWhole: () => count === 0,
  };
}
