import { BinaryReader } from "@bufbuild/protobuf/wire";
import { Code, type ConnectError } from "@connectrpc/connect";

// A google.rpc.ErrorInfo as it is sent: reason, domain and metadata, each with its length before it. Matched as text,
// so that a page need not carry descriptors.
const ERROR_INFO = /^\n.(\w+).\vcountersign(?:.*\n.cause..(\w+))?/s;
// A mistake in a header must not lock anybody out for a year.
const MAX_WAIT_MS = 86_400_000;
// What says that a token, its session or its stream is over; the rest needs something else than a newer token.
const TOKEN_REASON = /^(TOKEN|SESSION|STREAM)_/;

/** What a Countersign server says about a refused call. */
export interface Refusal {
  /** The cause, such as `TOKEN_EXPIRED`. */
  readonly reason: string;
  /** What led to it, such as `reuse_detected`; empty when the server does not say. */
  readonly cause: string;
}

/** Read why a Countersign server refused a call; `undefined` when the error is not from one. */
export function refusalOf(error: ConnectError): Refusal | undefined {
  const [, reason, cause = ""] =
    ERROR_INFO.exec(new TextDecoder().decode(detailOf(error, "ErrorInfo"))) ?? [];
  return reason === undefined ? undefined : { reason, cause };
}

/**
 * Read how long the server asks to wait, in milliseconds: from `google.rpc.RetryInfo`, else from the header
 * Retry-After; `undefined` when it does not say.
 */
export function retryAfterMsOf(error: ConnectError): number | undefined {
  const delay = detailOf(error, "RetryInfo");
  return delay ? toWaitMs(durationMsOf(delay)) : parseRetryAfterMs(error.metadata.get("retry-after"));
}

/** Read the header Retry-After: seconds, or a date on this machine's clock (RFC 9110 §10.2.3). */
export function parseRetryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  return toWaitMs(/^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now());
}

function toWaitMs(waitMs: number): number | undefined {
  return waitMs >= 0 ? Math.min(waitMs, MAX_WAIT_MS) : undefined;
}

/** Say whether an error means that the token of the call was refused, so that a newer one may help. */
export function isTokenRefused(error: ConnectError): boolean {
  return error.code === Code.Unauthenticated && TOKEN_REASON.test(refusalOf(error)?.reason ?? "TOKEN_");
}

function detailOf({ details }: ConnectError, name: string): Uint8Array | undefined {
  const detail = details.find((each) => "type" in each && each.type === `google.rpc.${name}`);
  return detail && "type" in detail ? detail.value : undefined;
}

/** Read the only field of a RetryInfo: a duration in seconds and nanoseconds. */
function durationMsOf(retryInfo: Uint8Array): number {
  const fields: number[] = [];
  try {
    const reader = new BinaryReader(retryInfo);
    reader.tag();
    for (reader.uint32(); reader.pos < reader.len; ) fields[reader.tag()[0]] = Number(reader.int64());
  } catch {
    // A detail that cannot be read says nothing; the error's code still does.
    return Number.NaN;
  }
  const [, seconds = 0, nanos = 0] = fields;
  return seconds * 1000 + nanos / 1e6;
}
