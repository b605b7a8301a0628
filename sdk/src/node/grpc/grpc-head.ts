import type { IncomingHttpHeaders } from "node:http2";
import type { ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { validateResponseWithCompression, validateTrailer } from "@connectrpc/connect/protocol-grpc";
import type { HeadFields } from "../http2/http2-exchange.ts";
import type { ReceivedHeaders } from "../http2/received-headers.ts";

/** What the beginning of an answer says of the rest. */
export interface AnswerHead {
  /** How messages are compressed; `undefined`: not at all. */
  readonly compression: Compression | undefined;
  /** Whether the status of the call has come already: no trailer needs to have it. */
  readonly hasStatus: boolean;
  /** The error that this status is. */
  readonly error: ConnectError | undefined;
}

const PLAIN_TYPES: readonly unknown[] = ["application/grpc+proto", "application/grpc"];
const PLAIN: AnswerHead = { compression: undefined, hasStatus: false, error: undefined };

/**
 * Read the beginning of an answer. One that is nothing unusual costs four look-ups; the rest are judged by Connect.
 *
 * @throws ConnectError when this is no answer of gRPC, or one that cannot be read
 */
export function readHead(
  fields: HeadFields,
  header: ReceivedHeaders,
  accepted: readonly Compression[],
): AnswerHead {
  const encoding = fields["grpc-encoding"];
  const isPlain =
    fields[":status"] === 200 &&
    PLAIN_TYPES.includes(fields["content-type"]) &&
    (encoding === undefined || encoding === "identity") &&
    fields["grpc-status"] === undefined &&
    fields["grpc-status-details-bin"] === undefined;
  if (isPlain) {
    return PLAIN;
  }
  const { compression, foundStatus, headerError } = validateResponseWithCompression(
    [...accepted],
    fields[":status"] ?? 0,
    header.toHeaders(),
  );
  return { compression, hasStatus: foundStatus, error: headerError };
}

/**
 * Check the status of a call, which its trailer or its header has.
 *
 * @throws ConnectError the error that it is, or Internal when there is none
 */
export function assertStatus(
  fields: IncomingHttpHeaders | undefined,
  trailer: ReceivedHeaders,
  header: ReceivedHeaders,
): void {
  const isOk = fields?.["grpc-status"] === "0" && fields["grpc-status-details-bin"] === undefined;
  if (!isOk) {
    validateTrailer(trailer.toHeaders(), header.toHeaders());
  }
}
