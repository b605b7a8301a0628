import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { UnaryRequest } from "@connectrpc/connect";
import {
  requestHeaderWithCompression,
  transformConnectPostToGetRequest,
} from "@connectrpc/connect/protocol-connect";
import { createHeaderMaker } from "../http2/common-header.ts";
import type { OutgoingCall, WireProtocol } from "../http2/wire-protocol.ts";
import type { MessageLimits } from "../message-options.ts";
import { createConnectFraming } from "./connect-framing.ts";
import { ConnectUnaryAnswer } from "./connect-unary-answer.ts";

/** How the protocol Connect is spoken. */
export interface ConnectProtocolOptions {
  readonly messages: MessageLimits;
  /** Whether calls without side effects are GET requests. */
  readonly useHttpGet: boolean;
}

const TIMEOUT = { name: "connect-timeout-ms", unit: "" } as const;
const ENCODING = "content-encoding";
const { NO_SIDE_EFFECTS } = MethodOptions_IdempotencyLevel;

/** Create the protocol Connect. What is unusual about an answer is judged by Connect's own functions. */
export function createConnectProtocol({ messages, useHttpGet }: ConnectProtocolOptions): WireProtocol {
  const { acceptCompression, sendCompression, compressMinBytes } = messages;
  const accepted = [...acceptCompression];
  const createMaker = (kind: "unary" | "server_streaming") =>
    createHeaderMaker(
      (timeoutMs, header) =>
        requestHeaderWithCompression(kind, true, timeoutMs, header, accepted, sendCompression, true),
      TIMEOUT,
    );
  const toUnaryHeader = createMaker("unary");
  const toStreamHeader = createMaker("server_streaming");

  function toCall(req: UnaryRequest, body: Uint8Array<ArrayBuffer>): OutgoingCall {
    return useHttpGet && req.method.idempotency === NO_SIDE_EFFECTS
      ? { ...transformConnectPostToGetRequest(req, body, true), body: undefined }
      : { url: req.url, header: req.header, requestMethod: req.requestMethod, body };
  }

  return {
    headerOf: ({ methodKind }, extras) =>
      methodKind === "unary" ? toUnaryHeader(extras) : toStreamHeader(extras),
    writeUnary(req, { serialize }) {
      const data = serialize(req.message);
      // As with Connect, one of just so many bytes is compressed in a stream only.
      if (sendCompression === null || data.length <= compressMinBytes) {
        req.header.delete(ENCODING);
        return toCall(req, data);
      }
      return sendCompression.compress(data).then((compressed) => {
        req.header.set(ENCODING, sendCompression.name);
        return toCall(req, compressed);
      });
    },
    createUnaryAnswer: (options, result) => new ConnectUnaryAnswer(options, result),
    createFraming: createConnectFraming,
  };
}
