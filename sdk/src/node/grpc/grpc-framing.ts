import type { AnswerParts, StreamFraming } from "../http2/wire-protocol.ts";
import { type AnswerHead, assertStatus, readHead } from "./grpc-head.ts";

/** Create what tells the beginning and the end of a stream of gRPC: its status is in the trailer, or in the header. */
export function createGrpcFraming({ header, trailer, messages }: AnswerParts): StreamFraming {
  let head: AnswerHead | undefined;
  return {
    readHead(fields) {
      head = readHead(fields, header, messages.acceptCompression);
      if (head.error !== undefined) {
        throw head.error;
      }
      return head.compression;
    },
    takeFrame: () => false,
    errorAtEnd(trailers) {
      trailer.receive(trailers);
      if (head?.hasStatus === true) {
        return undefined;
      }
      try {
        assertStatus(trailers, trailer, header);
        return undefined;
      } catch (error) {
        return error;
      }
    },
  };
}
