import { Code, type ConnectError } from "@connectrpc/connect";
import { detailOf, durationMsOf, fieldsOf, textOf } from "./error-detail.ts";

const DOMAIN = "countersign";
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
  const info = detailOf(error, "google.rpc.ErrorInfo");
  if (info === undefined || textOf(info, 2) !== DOMAIN) return undefined;
  const pairs = (info.get(3) ?? []).map((pair) => (pair instanceof Uint8Array ? fieldsOf(pair) : undefined));
  const cause = pairs.find((pair) => pair !== undefined && textOf(pair, 1) === "cause");
  return { reason: textOf(info, 1), cause: cause === undefined ? "" : textOf(cause, 2) };
}

/**
 * Read how long the server asks to wait, in milliseconds: from `google.rpc.RetryInfo`, else from the header
 * Retry-After in seconds (RFC 9110 §10.2.3); `undefined` when it does not say.
 */
export function retryAfterMsOf(error: ConnectError): number | undefined {
  const info = detailOf(error, "google.rpc.RetryInfo");
  if (info !== undefined) return durationMsOf(info, 1);
  const header = error.metadata.get("retry-after");
  const seconds = header === null ? Number.NaN : Number(header);
  return seconds >= 0 ? seconds * 1000 : undefined;
}

/** Say whether an error means that the token of the call was refused, so that a newer one may help. */
export function isTokenRefused(error: ConnectError): boolean {
  if (error.code !== Code.Unauthenticated) return false;
  const refusal = refusalOf(error);
  return refusal === undefined || TOKEN_REASON.test(refusal.reason);
}
