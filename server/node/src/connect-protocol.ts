import * as protocol from "@connectrpc/connect/protocol";
import * as protocolConnect from "@connectrpc/connect/protocol-connect";
import * as protocolGrpc from "@connectrpc/connect/protocol-grpc";
import * as protocolGrpcWeb from "@connectrpc/connect/protocol-grpc-web";

// Connect makes no promise about what is in these modules. A server must start with any release of it: a name that is
// imported from here and is missing there is undefined, where an import by name would end the process.

export type {
  Compression,
  EnvelopedMessage,
  MethodSerializationLookup,
  Serialization,
  UniversalHandlerOptions,
  UniversalServerRequest,
  UniversalServerResponse,
} from "@connectrpc/connect/protocol";

export const {
  compressionNegotiate,
  createDeadlineSignal,
  createMethodSerializationLookup,
  createMethodUrl,
  encodeEnvelopes,
  envelopeCompress,
  pipe,
  readAllBytes,
  transformDecompressEnvelope,
  transformParseEnvelope,
  transformSplitEnvelope,
  validateUniversalHandlerOptions,
} = protocol;

/** Its type is written out: an application with Connect before 2.2, which lacks it, compiles against the types of this. */
export const mergeNonProtocolHeaders: (target: Headers, source: Headers) => void =
  protocol.mergeNonProtocolHeaders;

export const {
  codeToHttpStatus,
  contentTypeUnaryJson,
  createEndStreamSerialization,
  endStreamFlag,
  errorToJsonBytes,
  parseTimeout: parseConnectTimeout,
  trailerMux,
} = protocolConnect;

export const { parseTimeout: parseGrpcTimeout, requestHeader, setTrailerStatus } = protocolGrpc;

export const { trailerFlag, trailerSerialize } = protocolGrpcWeb;
