import { Code, ConnectError, type UnaryRequest } from "@connectrpc/connect";
import { requestHeaderWithCompression } from "@connectrpc/connect/protocol-grpc";
import { createHeaderMaker } from "../http2/common-header.ts";
import type { OutgoingCall, WireProtocol } from "../http2/wire-protocol.ts";
import type { MessageLimits } from "../message-options.ts";
import { createGrpcFraming } from "./grpc-framing.ts";
import { GrpcUnaryAnswer } from "./grpc-unary-answer.ts";

const TIMEOUT = { name: "grpc-timeout", unit: "m" } as const;

/** Create the protocol gRPC. What is unusual about an answer is judged by Connect's own functions. */
export function createGrpcProtocol({ acceptCompression, sendCompression }: MessageLimits): WireProtocol {
  const accepted = [...acceptCompression];
  const toHeader = createHeaderMaker(
    (timeoutMs, header) => requestHeaderWithCompression(true, timeoutMs, header, accepted, sendCompression),
    TIMEOUT,
  );
  return {
    headerOf: (_, extras) => toHeader(extras),
    writeUnary(req, { encode }) {
      const frame = encode(req.message);
      return frame instanceof Promise
        ? frame.then((compressed) => toCall(req, compressed), throwInternal)
        : toCall(req, frame);
    },
    createUnaryAnswer: (options, result) => new GrpcUnaryAnswer(options, result),
    createFraming: createGrpcFraming,
  };
}

function toCall({ url, header }: UnaryRequest, body: Uint8Array): OutgoingCall {
  return { url, header, requestMethod: "POST", body };
}

/** A message that cannot be compressed is one that cannot be sent. */
function throwInternal(error: unknown): never {
  throw ConnectError.from(error, Code.Internal);
}
