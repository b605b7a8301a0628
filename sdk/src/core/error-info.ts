import { Code, type ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { durationMs } from "./duration.ts";

const DOMAIN = "countersign";

/** What a Countersign server says about a refused call. */
export interface Refusal {
  /** The cause, such as `TOKEN_EXPIRED`. */
  readonly reason: string;
  /** More about this very error. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Read why a Countersign server refused a call; `undefined` when the error is not from one. */
export function refusalOf(error: ConnectError): Refusal | undefined {
  const info = error.findDetails(ErrorInfoSchema).find((detail) => detail.domain === DOMAIN);
  return info === undefined ? undefined : { reason: info.reason, metadata: info.metadata };
}

/**
 * Read how long the server asks to wait, in milliseconds: from `google.rpc.RetryInfo`, else from the header
 * Retry-After in seconds (RFC 9110 §10.2.3); `undefined` when it does not say.
 */
export function retryAfterMsOf(error: ConnectError): number | undefined {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  if (delay !== undefined) return durationMs(delay);
  const header = error.metadata.get("retry-after");
  const seconds = header === null ? Number.NaN : Number(header);
  return seconds >= 0 ? seconds * 1000 : undefined;
}

/** Say whether an error means that the token of the call was refused, so that a newer one may help. */
export function isTokenRefused(error: ConnectError): boolean {
  if (error.code !== Code.Unauthenticated) return false;
  const refusal = refusalOf(error);
  return refusal === undefined || TOKEN_REASONS.has(refusal.reason);
}

const TOKEN_REASONS: ReadonlySet<string> = new Set([
  "TOKEN_MISSING",
  "TOKEN_INVALID",
  "TOKEN_EXPIRED",
  "SESSION_REVOKED",
  "STREAM_EXPIRED",
]);
