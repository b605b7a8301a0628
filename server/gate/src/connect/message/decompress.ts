import { Code, ConnectError } from "@connectrpc/connect";
import { createByteParts } from "../../kernel/byte-parts.ts";
import { createWaitingError } from "./waiting-request.ts";

/** A way to compress messages. */
export interface CompressionFormat {
  /** What the platform calls it. */
  readonly name: "gzip" | "brotli";
  /**
   * How many bytes a message may become before it needs a place among the large ones. What decompresses gzip takes some
   * 40 KiB itself; that of brotli takes as much as the message says, at once.
   */
  readonly freeBytes: number;
}

/** By the names of their encodings. */
const FORMATS: Readonly<Record<string, CompressionFormat>> = {
  gzip: { name: "gzip", freeBytes: 64 * 1024 },
  br: { name: "brotli", freeBytes: 0 },
};

/**
 * Find the format of an encoding.
 *
 * @param encoding the name, such as `gzip`
 * @returns undefined when the platform has not got it
 */
export function findFormat(encoding: string): CompressionFormat | undefined {
  const format = Object.hasOwn(FORMATS, encoding) ? FORMATS[encoding] : undefined;
  return format !== undefined && isKnown(format) ? format : undefined;
}

function isKnown(format: CompressionFormat): boolean {
  try {
    createDecompression(format);
    return true;
  } catch {
    return false; // platforms have no list of what they know
  }
}

function createDecompression({ name }: CompressionFormat): DecompressionStream {
  return new DecompressionStream(name as "gzip"); // the types do not know all that platforms do
}

/** A message that is being decompressed with what the platform has. */
export interface Decompression {
  /**
   * Go on.
   *
   * @returns the message; undefined when it becomes larger than that, and then a later call goes on from there
   * @throws ConnectError when it cannot be decompressed, or was given up
   */
  readUpTo(maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Give it up, and forget its bytes. */
  readonly stop: () => void;
}

/** Prepare a message to be decompressed. Nothing is done before it is read. */
export function createDecompressionOf(bytes: Uint8Array, format: CompressionFormat): Decompression {
  let sent: Uint8Array | undefined = bytes;
  const parts = createByteParts();
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  const begin = (): ReadableStreamDefaultReader<Uint8Array> => {
    const stream = createDecompression(format);
    const writer = stream.writable.getWriter();
    const written = writer.write(Uint8Array.from(sent ?? [])).then(() => writer.close());
    // What goes wrong shows where it is read, too.
    written.catch(() => undefined);
    return stream.readable.getReader();
  };
  return {
    async readUpTo(maxBytes) {
      if (sent === undefined) {
        throw createWaitingError();
      }
      if (sent.length === 0) {
        return new Uint8Array();
      }
      try {
        reader ??= begin();
        for (let part = await reader.read(); part.done === false; part = await reader.read()) {
          parts.add(part.value);
          if (parts.size > maxBytes) {
            return undefined;
          }
        }
      } catch (error) {
        throw new ConnectError("decompression failed", Code.InvalidArgument, undefined, undefined, error);
      }
      if (sent === undefined) {
        throw createWaitingError(); // stopped meanwhile: what is there is not all
      }
      return parts.take();
    },
    stop() {
      sent = undefined;
      parts.take();
      reader?.cancel().catch(() => undefined);
    },
  };
}

/** As Connect says it. */
export function tooLargeDecompressed(maxBytes: number): ConnectError {
  return new ConnectError(
    `message is larger than configured readMaxBytes ${maxBytes} after decompression`,
    Code.ResourceExhausted,
  );
}
