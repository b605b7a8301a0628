import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import type { Compression } from "./connect-protocol.ts";

/** Callers choose `br` for any answer. Node's own quality, 11, takes thirty times as long as gzip for them, this one less. */
const BROTLI_OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

const compressBrotli = promisify(brotliCompress);

/**
 * How many answers are compressed at a time: as many as Node has threads for. Each takes some 300 KB beside what it is, from
 * its beginning on, and what waits in Node's own line is not begun later: thousands kept checks of passwords waiting, too.
 */
const MAX_COMPRESSING = 4;

/** Have some ways to compress take turns, in the order in which they are asked: a few of all of them at a time. */
export function limitCompressing(compressions: readonly Compression[]): readonly Compression[] {
  const waiting: (() => void)[] = [];
  let running = 0;
  const leave = (): void => {
    const next = waiting.shift();
    // The place is handed on, so that newer work does not take it first.
    if (next === undefined) {
      running -= 1;
    } else {
      next();
    }
  };
  return compressions.map((compression) => ({
    ...compression,
    async compress(bytes) {
      if (running < MAX_COMPRESSING) {
        running += 1;
      } else {
        await new Promise<void>((begin) => waiting.push(begin));
      }
      try {
        return await compression.compress(bytes);
      } finally {
        leave();
      }
    },
  }));
}

/** How answers can be compressed, the best first. All servers of the process share its threads. */
export const COMPRESSIONS = limitCompressing([
  compressionGzip,
  { ...compressionBrotli, compress: async (bytes) => compressBrotli(bytes, BROTLI_OPTIONS) },
]);
