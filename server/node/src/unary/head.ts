import type { IncomingHttpHeaders } from "node:http";
import type { Call } from "../call/call.ts";
import type { CallHead, CallParts, ProtocolName } from "../call/call-parts.ts";
import { type Compression, parseConnectTimeout, parseGrpcTimeout } from "../connect-protocol.ts";
import { MAX_TIMER_MS } from "../timeout-headers.ts";
import type { UnaryMethod } from "./methods.ts";
import { createNegotiation } from "./negotiation.ts";

/** What the header of a request says of a call, where it says nothing unusual. */
export interface UnaryHead extends CallHead {
  /** Whether messages are binary; otherwise they are JSON. */
  readonly isBinary: boolean;
  /** How answers are compressed that are worth it. */
  readonly compression: Compression | null;
  /** How long the body is said to be, in bytes. */
  readonly contentLength: number | undefined;
}

/** What is known of a call that is served here, before anything of it is done. */
export interface UnaryCallParts extends CallParts {
  readonly method: UnaryMethod;
  readonly head: UnaryHead;
}

/** A call that is served here. */
export type UnaryCall = Call<UnaryCallParts>;

/** Reads the header of a request; `undefined` when anything about it is for Connect's own handler. */
export type HeadReader = (header: IncomingHttpHeaders) => UnaryHead | undefined;

interface ContentType {
  readonly protocol: ProtocolName;
  readonly isBinary: boolean;
  /** That of the answer, where it is another. */
  readonly answer?: string;
}

/** The content types as clients write them. Others that mean the same are left to Connect. */
const CONTENT_TYPES: ReadonlyMap<string, ContentType> = new Map<string, ContentType>([
  ["application/grpc", { protocol: "grpc", isBinary: true, answer: "application/grpc+proto" }],
  ["application/grpc+proto", { protocol: "grpc", isBinary: true }],
  ["application/grpc+json", { protocol: "grpc", isBinary: false }],
  ["application/grpc-web", { protocol: "grpc-web", isBinary: true, answer: "application/grpc-web+proto" }],
  ["application/grpc-web+proto", { protocol: "grpc-web", isBinary: true }],
  ["application/grpc-web+json", { protocol: "grpc-web", isBinary: false }],
  ["application/proto", { protocol: "connect", isBinary: true }],
  ["application/json", { protocol: "connect", isBinary: false }],
]);

/** The fields in which both kinds of gRPC say what Connect says in others. */
const GRPC = {
  timeout: "grpc-timeout",
  parseTimeout: parseGrpcTimeout,
  encoding: "grpc-encoding",
  acceptEncoding: "grpc-accept-encoding",
  defaultTrailer: { "grpc-status": "0" },
};
const CONNECT = {
  timeout: "connect-timeout-ms",
  parseTimeout: parseConnectTimeout,
  encoding: "content-encoding",
  acceptEncoding: "accept-encoding",
  defaultTrailer: {},
};

/** Create what reads the headers of requests. @param available how answers can be compressed */
export function createHeadReader(available: readonly Compression[]): HeadReader {
  const negotiate = createNegotiation(available);
  return (header) => {
    const contentType = header["content-type"] ?? "";
    const known = CONTENT_TYPES.get(contentType);
    if (known === undefined || header.expect !== undefined) {
      return undefined;
    }
    const { protocol, isBinary, answer = contentType } = known;
    const fields = protocol === "connect" ? CONNECT : GRPC;
    const encoding = header[fields.encoding];
    if (encoding !== undefined && encoding !== "identity") {
      return undefined;
    }
    const timeoutMs = readTimeout(header[fields.timeout], fields.parseTimeout);
    const contentLength = readLength(header["content-length"]);
    const compression = negotiate(header[fields.acceptEncoding]);
    if (timeoutMs === null || contentLength === null || compression === undefined) {
      return undefined;
    }
    // Connect says how an answer is compressed only when it is.
    const defaultHeader =
      protocol === "connect" || compression === null
        ? { "content-type": answer }
        : { "content-type": answer, [fields.encoding]: compression.name };
    const { defaultTrailer } = fields;
    return { protocol, isBinary, timeoutMs, compression, contentLength, defaultHeader, defaultTrailer };
  };
}

/** Null: not one that is known what to do about. */
function readTimeout(
  value: string | readonly string[] | undefined,
  parse: typeof parseGrpcTimeout,
): number | undefined | null {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== "string") {
    return null;
  }
  const { timeoutMs, error } = parse(value, MAX_TIMER_MS);
  return error !== undefined || timeoutMs === undefined || timeoutMs <= 0 ? null : timeoutMs;
}

function readLength(value: string | undefined): number | undefined | null {
  if (value === undefined) {
    return undefined;
  }
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}
