import { Code, ConnectError } from "@connectrpc/connect";
import { createByteParts } from "../../kernel/byte-parts.ts";

/** How compressed messages are read, by the name of their encoding. */
const FORMATS: Readonly<Record<string, string>> = { gzip: "gzip", br: "brotli" };

/** Makes the bytes that were compressed of what they became. */
export type Decompress = (bytes: Uint8Array, maxBytes: number) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * Find what decompresses an encoding with what the platform has.
 *
 * @param encoding the name, such as `gzip`
 * @returns undefined when the platform has not got it
 */
export function findDecompress(encoding: string): Decompress | undefined {
  const format = Object.hasOwn(FORMATS, encoding) ? FORMATS[encoding] : undefined;
  return format === undefined || !isKnown(format)
    ? undefined
    : (bytes, maxBytes) => decompress(bytes, format, maxBytes);
}

function isKnown(format: string): boolean {
  try {
    createDecompression(format);
    return true;
  } catch {
    return false; // platforms have no list of what they know
  }
}

function createDecompression(format: string): DecompressionStream {
  return new DecompressionStream(format as "gzip"); // the types do not know all that platforms do
}

async function decompress(
  bytes: Uint8Array,
  format: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.length === 0) {
    return new Uint8Array();
  }
  const stream = createDecompression(format);
  const writer = stream.writable.getWriter();
  const written = writer.write(Uint8Array.from(bytes)).then(() => writer.close());
  // What goes wrong shows where it is read, too.
  written.catch(() => undefined);
  const parts = createByteParts();
  const reader = stream.readable.getReader();
  try {
    for (let part = await reader.read(); part.done === false; part = await reader.read()) {
      parts.add(part.value);
      if (parts.size > maxBytes) {
        throw tooLarge(maxBytes);
      }
    }
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error instanceof ConnectError
      ? error
      : new ConnectError("decompression failed", Code.InvalidArgument, undefined, undefined, error);
  }
  return parts.take();
}

/** As Connect says it. */
function tooLarge(maxBytes: number): ConnectError {
  return new ConnectError(
    `message is larger than configured readMaxBytes ${maxBytes} after decompression`,
    Code.ResourceExhausted,
  );
}
