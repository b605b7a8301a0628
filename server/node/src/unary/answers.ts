import { toCallError } from "../call/call-error.ts";
import type { ProtocolName } from "../call/call-parts.ts";
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  type EnvelopedMessage,
  encodeEnvelopes,
  envelopeCompress,
  errorToJsonBytes,
  mergeNonProtocolHeaders,
  setTrailerStatus,
  trailerFlag,
  trailerSerialize,
} from "../connect-protocol.ts";
import type { Answer } from "../exchange/http-exchange.ts";
import type { UnaryCall } from "./unary-call.ts";

/** How a protocol puts what calls come to. A promise only where something is compressed. */
export interface ProtocolAnswers {
  readonly accept: (call: UnaryCall, message: Uint8Array) => Answer | Promise<Answer>;
  readonly refuse: (call: UnaryCall, reason: unknown) => Answer | Promise<Answer>;
}

/** How each protocol does. */
export const ANSWERS: Readonly<Record<ProtocolName, ProtocolAnswers>> = {
  grpc: {
    accept: (call, data) => toEnvelopedAnswer(call, [{ flags: 0, data }]),
    refuse(call, reason) {
      setTrailerStatus(call.responseTrailer, toCallError(reason));
      return toAnswerWithBody(call, undefined);
    },
  },
  "grpc-web": {
    accept: (call, data) => toEnvelopedAnswer(call, [{ flags: 0, data }, toTrailer(call.responseTrailer)]),
    refuse(call, reason) {
      const trailer = setTrailerStatus(call.responseTrailer, toCallError(reason));
      return toEnvelopedAnswer(call, [toTrailer(trailer)]);
    },
  },
  connect: {
    accept: (call, bytes) => compress(call, 200, bytes),
    refuse(call, reason) {
      const error = toCallError(reason);
      call.responseHeader.set("content-type", contentTypeUnaryJson);
      // What came off the wire of another call is not passed on: Connect marks it.
      if (error.isWireError !== true) {
        mergeNonProtocolHeaders(call.responseHeader, error.metadata);
      }
      return compress(
        call,
        codeToHttpStatus(error.code),
        errorToJsonBytes(error, call.parts.method.jsonOptions),
      );
    },
  },
};

function toEnvelopedAnswer(
  call: UnaryCall,
  envelopes: readonly EnvelopedMessage[],
): Answer | Promise<Answer> {
  const { compression } = call.parts.head;
  const { compressMinBytes } = call.parts.method;
  if (compression === null || envelopes.every(({ data }) => data.byteLength < compressMinBytes)) {
    return toAnswerWithBody(call, encodeEnvelopes(...envelopes));
  }
  const compressed = envelopes.map((envelope) => envelopeCompress(envelope, compression, compressMinBytes));
  return Promise.all(compressed).then((sealed) => toAnswerWithBody(call, encodeEnvelopes(...sealed)));
}

function toAnswerWithBody(call: UnaryCall, body: Uint8Array | undefined): Answer {
  const trailer = call.parts.head.protocol === "grpc" ? call.trailerFields : undefined;
  return { status: 200, header: call.headerFields, body, trailer };
}

/** The form in which gRPC-Web sends a trailer: behind the message. */
function toTrailer(fields: Headers): EnvelopedMessage {
  return { flags: trailerFlag, data: trailerSerialize(fields) };
}

function compress(call: UnaryCall, status: number, bytes: Uint8Array): Answer | Promise<Answer> {
  const { compression } = call.parts.head;
  if (compression === null || bytes.byteLength < call.parts.method.compressMinBytes) {
    return toMuxed(call, status, bytes);
  }
  return compression.compress(bytes).then((body) => {
    call.responseHeader.set("content-encoding", compression.name);
    return toMuxed(call, status, body);
  });
}

function toMuxed(call: UnaryCall, status: number, body: Uint8Array): Answer {
  return { status, header: call.toMuxedHeader(body.byteLength), body, trailer: undefined };
}
