import type { IncomingHttpHeaders } from "node:http";
import type { Compression } from "@connectrpc/connect/protocol";
import { parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";
import { MAX_TIMER_MS } from "../timeout-headers.ts";
import type { SentFields } from "./exchange.ts";
import { createNegotiation, type Negotiation } from "./negotiation.ts";

/** The protocols of a unary call. */
export type UnaryProtocolName = "grpc" | "grpc-web" | "connect";

/** What the header of a request says of a call, where it says nothing unusual. */
export interface UnaryHead {
  readonly protocol: UnaryProtocolName;
  /** Whether messages are binary; otherwise they are JSON. */
  readonly isBinary: boolean;
  /** How long the caller waits, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** How answers are compressed that are worth it. */
  readonly compression: Compression | null;
  /** How long the body is said to be, in bytes. */
  readonly contentLength: number | undefined;
  /** The header of the answer, as it is when nobody adds to it. */
  readonly sentHeader: SentFields;
  /** The trailer of the answer, as it is when nobody adds to it. */
  readonly sentTrailer: SentFields;
}

/** Reads the header of a request; `undefined` when anything about it is for Connect's own handler. */
export type HeadReader = (header: IncomingHttpHeaders) => UnaryHead | undefined;

interface ProtocolHeaders {
  readonly timeout: string;
  readonly encoding: string;
  readonly acceptEncoding: string;
  readonly parseTimeout: typeof parseGrpcTimeout;
}

const GRPC_HEADERS: ProtocolHeaders = {
  timeout: "grpc-timeout",
  encoding: "grpc-encoding",
  acceptEncoding: "grpc-accept-encoding",
  parseTimeout: parseGrpcTimeout,
};

const HEADERS = {
  grpc: GRPC_HEADERS,
  "grpc-web": GRPC_HEADERS,
  connect: {
    timeout: "connect-timeout-ms",
    encoding: "content-encoding",
    acceptEncoding: "accept-encoding",
    parseTimeout: parseConnectTimeout,
  },
} satisfies Readonly<Record<UnaryProtocolName, ProtocolHeaders>>;

interface ContentType {
  readonly protocol: UnaryProtocolName;
  readonly isBinary: boolean;
  /** The content type of the answer. */
  readonly answer: string;
}

const grpc = (codec: "proto" | "json"): ContentType => ({
  protocol: "grpc",
  isBinary: codec === "proto",
  answer: `application/grpc+${codec}`,
});
const grpcWeb = (codec: "proto" | "json"): ContentType => ({
  protocol: "grpc-web",
  isBinary: codec === "proto",
  answer: `application/grpc-web+${codec}`,
});
const connect = (codec: "proto" | "json"): ContentType => ({
  protocol: "connect",
  isBinary: codec === "proto",
  answer: `application/${codec}`,
});

/** The content types as clients write them. Others that mean the same are left to Connect. */
const CONTENT_TYPES: ReadonlyMap<unknown, ContentType> = new Map([
  ["application/grpc", grpc("proto")],
  ["application/grpc+proto", grpc("proto")],
  ["application/grpc+json", grpc("json")],
  ["application/grpc-web", grpcWeb("proto")],
  ["application/grpc-web+proto", grpcWeb("proto")],
  ["application/grpc-web+json", grpcWeb("json")],
  ["application/proto", connect("proto")],
  ["application/json", connect("json")],
]);

const STATUS_OK: SentFields = { "grpc-status": "0" };
const NO_FIELDS: SentFields = {};

/** Create what reads the headers of requests. @param available how answers can be compressed */
export function createHeadReader(available: readonly Compression[]): HeadReader {
  const negotiate = createNegotiation(available);
  return (header) => {
    const type = CONTENT_TYPES.get(header["content-type"]);
    return type === undefined || header.expect !== undefined ? undefined : readHead(header, type, negotiate);
  };
}

function readHead(
  header: IncomingHttpHeaders,
  { protocol, isBinary, answer }: ContentType,
  negotiate: Negotiation,
): UnaryHead | undefined {
  const names = HEADERS[protocol];
  const encoding = header[names.encoding];
  if (encoding !== undefined && encoding !== "identity") return undefined;
  const timeoutMs = readTimeout(header[names.timeout], names);
  const contentLength = readLength(header["content-length"]);
  const compression = negotiate(header[names.acceptEncoding]);
  if (timeoutMs === null || contentLength === null || compression === undefined) return undefined;
  // Connect says how an answer is compressed only when it is.
  const sentEncoding = protocol === "connect" ? null : compression;
  return {
    protocol,
    isBinary,
    timeoutMs,
    compression,
    contentLength,
    sentHeader:
      sentEncoding === null
        ? { "content-type": answer }
        : { "content-type": answer, "grpc-encoding": sentEncoding.name },
    sentTrailer: protocol === "connect" ? NO_FIELDS : STATUS_OK,
  };
}

/** Null: not one that is known what to do about. */
function readTimeout(
  value: string | readonly string[] | undefined,
  { parseTimeout }: ProtocolHeaders,
): number | undefined | null {
  if (value === undefined) return undefined;
  if (typeof value !== "string") return null;
  const { timeoutMs, error } = parseTimeout(value, MAX_TIMER_MS);
  return error !== undefined || timeoutMs === undefined || timeoutMs <= 0 ? null : timeoutMs;
}

function readLength(value: string | undefined): number | undefined | null {
  if (value === undefined) return undefined;
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}
