import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import {
  createEndStreamSerialization,
  endStreamFlag,
  validateResponseWithCompression,
} from "@connectrpc/connect/protocol-connect";
import { decompressFrame, isCompressed } from "../http2/received-frame.ts";
import type { AnswerParts, StreamFraming } from "../http2/wire-protocol.ts";

const serialization = createEndStreamSerialization(undefined);

/** Create what tells the beginning and the end of a stream of Connect: its last frame has the trailer, or an error. */
export function createConnectFraming({ header, trailer, messages }: AnswerParts): StreamFraming {
  const { acceptCompression, readMaxBytes: maxBytes } = messages;
  let compression: Compression | undefined;
  let hasEnd = false;

  function readEnd(data: Uint8Array): void {
    const { metadata, error } = serialization.parse(data as Uint8Array<ArrayBuffer>); // no other thread shares it
    if (error !== undefined) {
      for (const [name, value] of header) {
        error.metadata.append(name, value);
      }
      throw error;
    }
    for (const [name, value] of metadata) {
      trailer.set(name, value);
    }
  }

  return {
    readHead(fields) {
      const status = fields[":status"] ?? 0;
      const headers = header.toHeaders();
      const head = validateResponseWithCompression(
        "server_streaming",
        [...acceptCompression],
        true,
        status,
        headers,
      );
      compression = head.compression;
      return compression;
    },
    takeFrame(frame) {
      const isEnd = (frame.flags & endStreamFlag) === endStreamFlag;
      if (hasEnd) {
        const what = isEnd ? "EndStreamResponse" : "message after EndStreamResponse";
        throw new ConnectError(`protocol error: received extra ${what}`, Code.InvalidArgument);
      }
      if (isEnd) {
        hasEnd = true;
        if (isCompressed(frame)) {
          return decompressFrame(frame, { compression, maxBytes }).then(readEnd);
        }
        readEnd(frame.data);
      }
      return isEnd;
    },
    errorAtEnd: () =>
      hasEnd
        ? undefined
        : new ConnectError("protocol error: missing EndStreamResponse", Code.InvalidArgument),
  };
}
