import type { IncomingHttpHeaders } from "node:http";
import { MAX_TIMER_MS } from "@countersign/server/internal";
import { type Compression, parseConnectTimeout, parseGrpcTimeout } from "../connect-protocol.ts";
import type { CallHead, CallParts, ProtocolName } from "./call-parts.ts";
import type { ServedMethod } from "./methods.ts";
import { createNegotiation } from "./negotiation.ts";

/** What the header of a request says of a call, where it says nothing unusual. */
export interface ServedHead extends CallHead {
  /** Whether messages are binary; otherwise they are JSON. */
  readonly isBinary: boolean;
  /** How answers are compressed that are worth it. */
  readonly compression: Compression | null;
  /** How long the body is said to be, in bytes. */
  readonly contentLength: number | undefined;
}

/** What is known of a call that is served here, before anything of it is done. */
export interface ServedParts extends CallParts {
  readonly method: ServedMethod;
  readonly head: ServedHead;
}

/** Reads the header of a request; `undefined` when anything about it is for Connect's own handler. */
export type HeadReader = (header: IncomingHttpHeaders) => ServedHead | undefined;

interface ContentType {
  readonly protocol: ProtocolName;
  readonly isBinary: boolean;
  /** That of the answer, where it is another. */
  readonly answer?: string;
}

/** What kind of calls a header is read for: of one message each way, or with streams. */
export type CallKind = "unary" | "stream";

/** The content types as clients write them, for calls of every kind. Others that mean the same are left to Connect. */
const GRPC_TYPES: readonly (readonly [string, ContentType])[] = [
  ["application/grpc", { protocol: "grpc", isBinary: true, answer: "application/grpc+proto" }],
  ["application/grpc+proto", { protocol: "grpc", isBinary: true }],
  ["application/grpc+json", { protocol: "grpc", isBinary: false }],
  ["application/grpc-web", { protocol: "grpc-web", isBinary: true, answer: "application/grpc-web+proto" }],
  ["application/grpc-web+proto", { protocol: "grpc-web", isBinary: true }],
  ["application/grpc-web+json", { protocol: "grpc-web", isBinary: false }],
];

/** The same of Connect's protocol, which has others for calls with streams. */
const CONTENT_TYPES: Readonly<Record<CallKind, ReadonlyMap<string, ContentType>>> = {
  unary: new Map([
    ...GRPC_TYPES,
    ["application/proto", { protocol: "connect", isBinary: true }],
    ["application/json", { protocol: "connect", isBinary: false }],
  ]),
  stream: new Map([
    ...GRPC_TYPES,
    ["application/connect+proto", { protocol: "connect", isBinary: true }],
    ["application/connect+json", { protocol: "connect", isBinary: false }],
  ]),
};

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
const CONNECT_STREAM = {
  ...CONNECT,
  encoding: "connect-content-encoding",
  acceptEncoding: "connect-accept-encoding",
};

/** Create what reads the headers of requests. @param available how answers can be compressed */
export function createHeadReader(available: readonly Compression[], kind: CallKind = "unary"): HeadReader {
  const negotiate = createNegotiation(available);
  const connect = kind === "unary" ? CONNECT : CONNECT_STREAM;
  const contentTypes = new Map(
    [...CONTENT_TYPES[kind]].map(([name, { protocol, isBinary, answer = name }]) => {
      const fields = protocol === "connect" ? connect : GRPC;
      // Of an answer that is one message without an envelope, Connect says how it is compressed only when it is.
      const encoding = fields === CONNECT ? undefined : fields.encoding;
      return [
        name,
        { protocol, isBinary, fields, headerFor: createHeaders(answer, { encoding, available }) },
      ] as const;
    }),
  );
  return (header) => {
    const known = contentTypes.get(header["content-type"] ?? "");
    if (known === undefined || header.expect !== undefined) {
      return undefined;
    }
    const { protocol, isBinary, fields, headerFor } = known;
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
    const defaultHeader = headerFor(compression);
    const { defaultTrailer } = fields;
    return { protocol, isBinary, timeoutMs, compression, contentLength, defaultHeader, defaultTrailer };
  };
}

/** How the header of an answer says that it is compressed. */
interface AnswerEncoding {
  /** The field that says how; undefined: none does. */
  readonly encoding: string | undefined;
  /** The ways that there are. */
  readonly available: readonly Compression[];
}

/**
 * Create what looks up the header of an answer: one for all that are compressed in the same way, which none of them changes.
 */
function createHeaders(
  contentType: string,
  { encoding, available }: AnswerEncoding,
): (compression: Compression | null) => Readonly<Record<string, string>> {
  const plain = { "content-type": contentType };
  if (encoding === undefined) {
    return () => plain;
  }
  const headers = new Map<Compression | null, Readonly<Record<string, string>>>(
    available.map((compression) => [compression, toSorted({ ...plain, [encoding]: compression.name })]),
  );
  return (compression) => headers.get(compression) ?? plain;
}

/** In the order of the names, in which Headers have them. */
function toSorted(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
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
