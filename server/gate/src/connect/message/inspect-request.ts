import { Code, ConnectError } from "@connectrpc/connect";
import type { HandlerRequest } from "../route/without-message.ts";
import { findFormat } from "./decompress.ts";
import { createExpandMessage, type ExpandMessage, type MessageRoom } from "./expand-message.ts";
import { inspectEnvelopes } from "./inspect-envelopes.ts";
import { inspectQuery } from "./inspect-query.ts";
import { inspectWhole, tooLarge } from "./inspect-whole.ts";
import type { MessageInspector } from "./message-inspector.ts";
import { createWaitingRequest } from "./waiting-request.ts";

/** The fields that say how messages of a protocol are compressed. */
const ENCODINGS = {
  grpc: { encoding: "grpc-encoding", accept: "grpc-accept-encoding" },
  stream: { encoding: "connect-content-encoding", accept: "connect-accept-encoding" },
  unary: { encoding: "content-encoding", accept: "accept-encoding" },
} as const;

/** What a request is looked at with. */
export interface RequestInspection {
  readonly inspector: MessageInspector;
  /** How large a message may be, in bytes. */
  readonly readMaxBytes: number;
  /** What all requests of a server share. */
  readonly room: MessageRoom;
}

/**
 * Look at each message of a request before its handler reads it. What is compressed reaches the handler decompressed: it
 * cannot be looked at before.
 *
 * @returns the request for the handler: what is wrong with a message is thrown where its body is read
 * @throws ConnectError when it is known at once
 */
export function inspectRequest(
  request: HandlerRequest,
  { inspector, readMaxBytes, room }: RequestInspection,
): HandlerRequest | Promise<HandlerRequest> {
  const { header, body } = request;
  if (request.method === "GET") {
    const maxBytesOf = (isBinary: boolean): number => maxBytesFor(isBinary, { inspector, readMaxBytes });
    return inspectQuery(request, { inspector, maxBytesOf, room });
  }
  const contentType = header.get("content-type") ?? "";
  const isBinary = !/json/i.test(contentType);
  if (!isBytes(body)) {
    inspectParsed(body, { inspector, readMaxBytes });
    return request;
  }
  const kind = kindOf(contentType);
  const expand = takeEncoding(request, kind, room);
  const inspection = {
    inspector,
    isBinary,
    maxBytes: maxBytesFor(isBinary, { inspector, readMaxBytes }),
    expand,
    waiting: createWaitingRequest(request, room.budget),
  };
  if (kind !== "unary") {
    return { ...request, body: inspectEnvelopes(body, inspection) };
  }
  const length = header.get("content-length");
  if (expand !== undefined) {
    header.delete("content-length");
  }
  return { ...request, body: inspectWhole(body, inspection, length) };
}

/** Something in front of the routes has read JSON already, and held it to limits of its own. */
function inspectParsed(json: unknown, inspection: SizeInspection): void {
  const bytes = new TextEncoder().encode(JSON.stringify(json ?? null));
  const maxBytes = maxBytesFor(false, inspection);
  if (bytes.length > maxBytes) {
    throw tooLarge(maxBytes, bytes.length);
  }
  inspection.inspector.inspect(bytes, false);
}

type SizeInspection = Omit<RequestInspection, "room">;

function maxBytesFor(isBinary: boolean, { inspector, readMaxBytes }: SizeInspection): number {
  return isBinary ? readMaxBytes : Math.min(readMaxBytes, inspector.jsonMaxBytes);
}

function kindOf(contentType: string): keyof typeof ENCODINGS {
  if (/^application\/grpc/i.test(contentType)) {
    return "grpc";
  }
  return /^application\/connect\+/i.test(contentType) ? "stream" : "unary";
}

/**
 * Find how messages are compressed, and say in the header that they are not: the handler gets them decompressed.
 *
 * @throws ConnectError when they cannot be looked at
 */
function takeEncoding(
  request: HandlerRequest,
  kind: keyof typeof ENCODINGS,
  room: MessageRoom,
): ExpandMessage | undefined {
  const { header } = request;
  const { encoding, accept } = ENCODINGS[kind];
  const name = header.get(encoding);
  if (name === null || name === "identity") {
    return undefined;
  }
  const format = findFormat(name);
  if (format === undefined) {
    throw new ConnectError(
      "messages are compressed in a way that this server does not know: use gzip",
      Code.Unimplemented,
    );
  }
  header.delete(encoding);
  if (!header.has(accept)) {
    // Who sends messages so and says no more of it gets answers so (gRPC, compression).
    header.set(accept, name);
  }
  return createExpandMessage(request, format, room);
}

function isBytes(body: HandlerRequest["body"]): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
