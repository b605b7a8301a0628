import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";

/** A message as it was received. */
export interface ReceivedFrame {
  readonly data: Uint8Array;
  readonly isCompressed: boolean;
}

/** As large as a message can be. */
const MAX_MESSAGE_BYTES = 0xffff_ffff;

/**
 * Decompress a message.
 *
 * @throws ConnectError when the header named no compression, or the bytes are not compressed in that way
 */
export async function decompressFrame(
  { data }: ReceivedFrame,
  compression: Compression | undefined,
): Promise<Uint8Array> {
  if (compression === undefined) {
    throw new ConnectError("received compressed envelope, but do not know how to decompress", Code.Internal);
  }
  return compression.decompress(data as Uint8Array<ArrayBuffer>, MAX_MESSAGE_BYTES); // a copy of its own
}
