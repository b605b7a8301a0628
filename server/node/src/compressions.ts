import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { limitCompressing } from "./limit-compressing.ts";

/** Callers choose `br` for any answer. Node's own quality, 11, takes thirty times as long as gzip for them, this one less. */
const BROTLI_OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

const compressBrotli = promisify(brotliCompress);

/** How answers can be compressed, the best first. All servers of the process share its threads. */
export const COMPRESSIONS = limitCompressing([
  compressionGzip,
  { ...compressionBrotli, compress: async (bytes) => compressBrotli(bytes, BROTLI_OPTIONS) },
]);
