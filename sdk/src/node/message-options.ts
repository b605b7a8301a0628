import type { Compression } from "@connectrpc/connect/protocol";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import type { OptionForm } from "../core/option-forms.ts";

/** How messages are compressed, and how large they may be. */
export interface MessageOptions {
  /**
   * How requests are compressed, such as `compressionGzip` of `@connectrpc/connect-node`. The server must know it. Default:
   * not at all.
   */
  readonly sendCompression?: Compression | undefined;
  /** How answers may be compressed, the preferred way first. Default: gzip, then brotli. */
  readonly acceptCompression?: readonly Compression[] | undefined;
  /** How large a message must be to be compressed, in bytes. Default 1,024. */
  readonly compressMinBytes?: number | undefined;
  /**
   * How large a message of an answer may be, in bytes, also when it is decompressed. A call with a larger one fails with
   * `ResourceExhausted`. Default 16 MiB, the most that a Countersign server sends unless it is told to. More is for servers
   * that you trust with your memory: 7 kB of brotli can become 4 GiB.
   */
  readonly readMaxBytes?: number | undefined;
}

/** The same with all defaults. */
export interface MessageLimits {
  /** Null: not at all. */
  readonly sendCompression: Compression | null;
  readonly acceptCompression: readonly Compression[];
  readonly compressMinBytes: number;
  readonly readMaxBytes: number;
}

/** The forms of these options. */
export const MESSAGE_FORMS = {
  sendCompression: "object",
  acceptCompression: "list",
  compressMinBytes: "number",
  readMaxBytes: "number",
} as const satisfies Record<keyof MessageOptions, OptionForm>;

/** Smaller messages seldom become smaller still. As with Connect. */
const COMPRESS_MIN_BYTES = 1024;
/** The default of `writeMaxBytes` of the server. */
const READ_MAX_BYTES = 16 * 1024 * 1024;
/** As large as a message can be. */
const MAX_MESSAGE_BYTES = 0xffff_ffff;

/** Fill in the defaults. @throws TypeError when an option cannot be used */
export function resolveMessageOptions({
  sendCompression,
  acceptCompression = [compressionGzip, compressionBrotli],
  compressMinBytes = COMPRESS_MIN_BYTES,
  readMaxBytes = READ_MAX_BYTES,
}: MessageOptions): MessageLimits {
  assertBytes("compressMinBytes", compressMinBytes, 0);
  assertBytes("readMaxBytes", readMaxBytes, 1);
  for (const compression of [sendCompression, ...acceptCompression]) {
    assertCompression(compression);
  }
  return {
    sendCompression: sendCompression ?? null,
    acceptCompression: [...acceptCompression],
    compressMinBytes,
    readMaxBytes,
  };
}

function assertBytes(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least || value > MAX_MESSAGE_BYTES) {
    throw new TypeError(`${name}: ${value} is no whole number from ${least} to ${MAX_MESSAGE_BYTES}`);
  }
}

/** Plain JavaScript may hand over a name instead. */
function assertCompression(compression: Compression | undefined): void {
  const isUsable =
    compression === undefined ||
    (typeof compression?.name === "string" &&
      typeof compression.compress === "function" &&
      typeof compression.decompress === "function");
  if (!isUsable) {
    throw new TypeError(
      "sendCompression and acceptCompression take compressions such as compressionGzip of @connectrpc/connect-node",
    );
  }
}
