import { Code, ConnectError } from "@connectrpc/connect";
import {
  encodeEnvelopes,
  envelopeCompress,
  mergeNonProtocolHeaders,
  validateUniversalHandlerOptions,
} from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import type { UnaryCall } from "./call.ts";
import type { UnaryAnswer } from "./exchange.ts";
import type { UnaryProtocolName } from "./head.ts";

/** A promise only where something is compressed. */
type Answer = UnaryAnswer | Promise<UnaryAnswer>;

/** Put the message that a call came to into the form of its protocol. */
export function toAnswer(call: UnaryCall, message: Uint8Array): Answer {
  return ANSWERS[call.parts.head.protocol].accept(call, message);
}

/** Put the error that a call came to into the form of its protocol. What is no ConnectError is nobody's business. */
export function toRefusal(call: UnaryCall, reason: unknown): Answer {
  const error =
    reason instanceof ConnectError
      ? reason
      : new ConnectError("internal error", Code.Internal, undefined, undefined, reason);
  return ANSWERS[call.parts.head.protocol].refuse(call, error);
}

interface ProtocolAnswers {
  readonly accept: (call: UnaryCall, message: Uint8Array) => Answer;
  readonly refuse: (call: UnaryCall, error: ConnectError) => Answer;
}

const ANSWERS: Readonly<Record<UnaryProtocolName, ProtocolAnswers>> = {
  grpc: {
    accept: (call, data) => seal(call, [{ flags: 0, data }]),
    refuse(call, error) {
      setTrailerStatus(call.responseTrailer, error);
      return toSealed(call, undefined);
    },
  },
  "grpc-web": {
    accept: (call, data) => seal(call, [{ flags: 0, data }, toTrailer(call)]),
    refuse(call, error) {
      setTrailerStatus(call.responseTrailer, error);
      return seal(call, [toTrailer(call)]);
    },
  },
  connect: {
    accept: (call, bytes) => compress(call, 200, bytes),
    refuse(call, error) {
      call.responseHeader.set("content-type", contentTypeUnaryJson);
      mergeMetadata(call.responseHeader, error);
      return compress(call, codeToHttpStatus(error.code), errorToJsonBytes(error, undefined));
    },
  },
};

/** Below this many bytes compressing is not worth it: what Connect holds. */
const { compressMinBytes } = validateUniversalHandlerOptions({});

interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array;
}

function seal(call: UnaryCall, envelopes: readonly Envelope[]): Answer {
  const { compression } = call.parts.head;
  if (compression === null || envelopes.every(({ data }) => data.byteLength < compressMinBytes)) {
    return toSealed(call, encodeEnvelopes(...envelopes));
  }
  const compressed = envelopes.map((envelope) => envelopeCompress(envelope, compression, compressMinBytes));
  return Promise.all(compressed).then((sealed) => toSealed(call, encodeEnvelopes(...sealed)));
}

function toSealed(call: UnaryCall, body: Uint8Array | undefined): UnaryAnswer {
  const trailer = call.parts.head.protocol === "grpc" ? call.sentTrailer : undefined;
  return { status: 200, header: call.sentHeader, body, trailer };
}

/** The form in which gRPC-Web sends a trailer: behind the message. */
function toTrailer(call: UnaryCall): Envelope {
  return { flags: trailerFlag, data: trailerSerialize(call.responseTrailer) };
}

function compress(call: UnaryCall, status: number, bytes: Uint8Array): Answer {
  const { compression } = call.parts.head;
  if (compression === null || bytes.byteLength < compressMinBytes) return toMuxed(call, status, bytes);
  return compression.compress(bytes).then((body) => {
    call.responseHeader.set("content-encoding", compression.name);
    return toMuxed(call, status, body);
  });
}

function toMuxed(call: UnaryCall, status: number, body: Uint8Array): UnaryAnswer {
  const header = { ...call.muxedHeader, "content-length": String(body.byteLength) };
  return { status, header, body, trailer: undefined };
}

/** What came off the wire of another call is not passed on: Connect marks it. */
function mergeMetadata(header: Headers, error: ConnectError & { readonly isWireError?: boolean }): void {
  if (error.isWireError !== true) mergeNonProtocolHeaders(header, error.metadata);
}
