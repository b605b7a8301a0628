import { Code, ConnectError } from "@connectrpc/connect";
import { requestHeaderWithCompression } from "@connectrpc/connect/protocol-grpc";
import { createHeaderMaker } from "../http2/common-header.ts";
import type { WireProtocol } from "../http2/wire-protocol.ts";
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
    writeUnary({ url, header, message }, { encode }) {
      const toCall = (body: Uint8Array) => ({ url, header, requestMethod: "POST", body });
      const frame = encode(message);
      return frame instanceof Promise ? frame.then(toCall, throwInternal) : toCall(frame);
    },
    createUnaryAnswer: (options, result) => new GrpcUnaryAnswer(options, result),
    createFraming: createGrpcFraming,
  };
}

/** A message that cannot be compressed is one that cannot be sent. */
function throwInternal(error: unknown): never {
  throw ConnectError.from(error, Code.Internal);
}
