import type { ClientHttp2Stream } from "node:http2";

/**
 * Watch how the answer on a stream ends. Call it before anything has arrived.
 *
 * Node ends a stream that its server has reset with NO_ERROR, or whose connection is gone, as if the answer were
 * whole. But then it closes the stream first, and reports the end of the answer behind that.
 *
 * @returns a function that answers whether the answer was cut off; call it when the answer has ended without a trailer,
 *   which is the end whatever follows it
 */
export function watchEnd(stream: ClientHttp2Stream): () => boolean {
  let end: "whole" | "cut off" | undefined;
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk === null) {
      end ??= stream.closed && !stream.endAfterHeaders ? "cut off" : "whole";
    }
    return push(chunk, encoding);
  };
  return () => end === "cut off" || (end === undefined && stream.rstCode !== 0);
}
