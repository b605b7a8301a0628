import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { assertSize, COMPRESSED } from "./frames.ts";

/** A message as it was received. */
export interface ReceivedFrame {
  readonly data: Uint8Array;
  readonly flags: number;
}

/** Check whether a message is compressed. */
export function isCompressed({ flags }: ReceivedFrame): boolean {
  return (flags & COMPRESSED) === COMPRESSED;
}

/** How messages are decompressed. */
export interface Decompression {
  /** Undefined: not at all. */
  readonly compression: Compression | undefined;
  /** How large a message may be, in bytes. */
  readonly maxBytes: number;
}

/**
 * Decompress a message.
 *
 * @throws ConnectError when the header named no compression, the bytes are not compressed in that way, or there are too many
 */
export async function decompressFrame(
  { data }: ReceivedFrame,
  { compression, maxBytes }: Decompression,
): Promise<Uint8Array> {
  if (compression === undefined) {
    throw new ConnectError("received compressed envelope, but do not know how to decompress", Code.Internal);
  }
  return decompressData(data, { compression, maxBytes });
}

/** Decompress bytes. @throws ConnectError when they are not compressed in that way, or there are too many */
export async function decompressData(
  data: Uint8Array,
  { compression, maxBytes }: Decompression & { readonly compression: Compression },
): Promise<Uint8Array> {
  const whole = await compression.decompress(data as Uint8Array<ArrayBuffer>, maxBytes); // no other thread shares it
  // One of the application's own may pay no heed to that.
  assertSize(whole.length, maxBytes);
  return whole;
}
