import { Code, ConnectError } from "@connectrpc/connect";
import {
  type Compression,
  encodeEnvelopes,
  envelopeCompress,
  mergeNonProtocolHeaders,
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

/** What a call came to: the bytes of its message, or why there is none. */
export type Outcome =
  | { readonly kind: "message"; readonly bytes: Uint8Array }
  | { readonly kind: "error"; readonly error: ConnectError };

/** Below this many bytes compressing is not worth it: what Connect holds. */
const COMPRESS_MIN_BYTES = 1024;

type Answer = UnaryAnswer | Promise<UnaryAnswer>;

const ANSWERS = {
  grpc: answerGrpc,
  "grpc-web": answerGrpcWeb,
  connect: answerConnect,
} satisfies Readonly<Record<UnaryProtocolName, (call: UnaryCall, outcome: Outcome) => Answer>>;

/** Put what a call came to into the form of its protocol. A promise only where something is compressed. */
export function toAnswer(call: UnaryCall, outcome: Outcome): Answer {
  return ANSWERS[call.parts.head.protocol](call, outcome);
}

/** Convert to what the protocols can say, as Connect does. */
export function toCallError(reason: unknown): ConnectError {
  return reason instanceof ConnectError
    ? reason
    : new ConnectError("internal error", Code.Internal, undefined, undefined, reason);
}

interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array;
}

function answerGrpc(call: UnaryCall, outcome: Outcome): Answer {
  if (outcome.kind === "error") {
    setTrailerStatus(call.responseTrailer, outcome.error);
    return { status: 200, header: call.sentHeader, body: undefined, trailer: call.sentTrailer };
  }
  const toOk = (body: Uint8Array): UnaryAnswer => ({
    status: 200,
    header: call.sentHeader,
    body,
    trailer: call.sentTrailer,
  });
  return seal([{ flags: 0, data: outcome.bytes }], call.parts.head.compression, toOk);
}

function answerGrpcWeb(call: UnaryCall, outcome: Outcome): Answer {
  const envelopes: Envelope[] = [];
  if (outcome.kind === "message") envelopes.push({ flags: 0, data: outcome.bytes });
  else setTrailerStatus(call.responseTrailer, outcome.error);
  envelopes.push({ flags: trailerFlag, data: trailerSerialize(call.responseTrailer) });
  return seal(envelopes, call.parts.head.compression, (body) => ({
    status: 200,
    header: call.sentHeader,
    body,
    trailer: undefined,
  }));
}

function answerConnect(call: UnaryCall, outcome: Outcome): Answer {
  const { compression } = call.parts.head;
  const { status, bytes } =
    outcome.kind === "message" ? { status: 200, bytes: outcome.bytes } : describe(call, outcome.error);
  const toUnary = (body: Uint8Array): UnaryAnswer => ({
    status,
    header: { ...call.muxedHeader, "content-length": String(body.byteLength) },
    body,
    trailer: undefined,
  });
  if (compression === null || bytes.byteLength < COMPRESS_MIN_BYTES) return toUnary(bytes);
  return compression.compress(bytes).then((body) => {
    call.responseHeader.set("content-encoding", compression.name);
    return toUnary(body);
  });
}

function describe(
  call: UnaryCall,
  error: ConnectError,
): { readonly status: number; readonly bytes: Uint8Array } {
  call.responseHeader.set("content-type", contentTypeUnaryJson);
  mergeMetadata(call.responseHeader, error);
  return { status: codeToHttpStatus(error.code), bytes: errorToJsonBytes(error, undefined) };
}

/** What came off the wire of another call is not passed on: Connect marks it. */
function mergeMetadata(header: Headers, error: ConnectError & { readonly isWireError?: boolean }): void {
  if (error.isWireError !== true) mergeNonProtocolHeaders(header, error.metadata);
}

function seal(
  envelopes: readonly Envelope[],
  compression: Compression | null,
  toSealed: (body: Uint8Array) => UnaryAnswer,
): Answer {
  if (compression === null || envelopes.every(({ data }) => data.byteLength < COMPRESS_MIN_BYTES)) {
    return toSealed(encodeEnvelopes(...envelopes));
  }
  const compressed = envelopes.map((envelope) => envelopeCompress(envelope, compression, COMPRESS_MIN_BYTES));
  return Promise.all(compressed).then((sealed) => toSealed(encodeEnvelopes(...sealed)));
}
