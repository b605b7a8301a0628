import { BinaryReader } from "@bufbuild/protobuf/wire";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { AuthReason as ReasonNumbers } from "@countersign/gen/countersign/auth/v1/errors_pb.js";

// A google.rpc.ErrorInfo of Countersign as it is sent: reason, domain and metadata, each with its length before it.
// Decoding it and RetryInfo by their descriptors adds 0.5 kB to a page, compressed (`npm run bench -- sdk-size`). The price
// of matching text: fields in the order of their numbers, as Countersign writes them, and a reason of at most 127 bytes.
const ERROR_INFO = /^\n.(\w+).\vcountersign.*/s;

/** Why a Countersign server refuses calls, as `countersign/auth/v1/errors.proto` lists it. */
export type AuthReason = Exclude<keyof typeof ReasonNumbers, "UNSPECIFIED">;

/** What a Countersign server says about a refused call. */
export interface Refusal {
  /** An {@link AuthReason}, or one that a later version of the server added; `undefined` when the error is not from one. */
  readonly reason: string | undefined;
  /** Reads what else it says, such as `cause`; `undefined` when it does not. */
  readonly metadata: (key: string) => string | undefined;
}

/** Read why a Countersign server refused a call. */
export function readRefusal(error: ConnectError): Refusal {
  const [text = "", reason] = ERROR_INFO.exec(new TextDecoder().decode(detailOf(error, "ErrorInfo"))) ?? [];
  // An entry has its key and its value, up to where the next begins. The length of a long one has two bytes, no UTF-8.
  const metadata = (key: string) => new RegExp(`\n.${key}\x12\ufffd?.(\\P{C}+)`, "su").exec(text)?.[1];
  return { reason, metadata };
}

/** How the user must sign in again for a call. */
export interface StepUpDemand {
  /** Ways of signing in of which one is needed, the preferred first (claim `acr`). Empty: any. */
  readonly acrValues: readonly string[];
  /** How many seconds ago the user may have signed in; `undefined`: it does not matter. */
  readonly maxAgeSeconds: number | undefined;
}

/** Read how the user must sign in again for a call; `undefined` when that is not what the error says. */
export function readStepUp(error: ConnectError): StepUpDemand | undefined {
  const { reason, metadata } = readRefusal(error);
  if (reason !== "REAUTH_REQUIRED") {
    return undefined;
  }
  const maxAge = Number(metadata("max_age"));
  return {
    acrValues: metadata("acr_values")?.split(" ") ?? [],
    maxAgeSeconds: maxAge >= 0 ? maxAge : undefined,
  };
}

/**
 * Read how long the server asks to wait, in milliseconds: from `google.rpc.RetryInfo`, else from the header
 * Retry-After; `undefined` when it does not say.
 */
export function readRetryAfterMs(error: ConnectError): number | undefined {
  const delay = detailOf(error, "RetryInfo");
  return delay ? toWaitMs(durationMsOf(delay)) : parseRetryAfterMs(error.metadata.get("retry-after"));
}

/** Read the header Retry-After: seconds, or a date on this machine's clock (RFC 9110 §10.2.3). */
export function parseRetryAfterMs(header: string | null): number | undefined {
  if (header === null) {
    return undefined;
  }
  return toWaitMs(/^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now());
}

function toWaitMs(waitMs: number): number | undefined {
  // A mistake in a header must not lock users out for a year.
  const maxWaitMs = 86_400_000;
  return waitMs >= 0 ? Math.min(waitMs, maxWaitMs) : undefined;
}

/** Check whether an error has one of these reasons; `undefined` stands for an error without one of ours. */
export function hasReason(error: ConnectError, reasons: readonly (AuthReason | undefined)[]): boolean {
  const known: readonly (string | undefined)[] = reasons;
  return known.includes(readRefusal(error).reason);
}

/**
 * Check whether an error means that the token of the call was refused, so that a newer one may help: because the token,
 * its session or its stream is over, or by a proxy that gives no reason. A newer one is no shorter than one that was too
 * long.
 */
export function isTokenRefused(error: ConnectError): boolean {
  return (
    error.code === Code.Unauthenticated &&
    readRefusal(error).metadata("cause") !== "token_too_long" &&
    hasReason(error, [
      undefined,
      "TOKEN_MISSING",
      "TOKEN_INVALID",
      "TOKEN_EXPIRED",
      "SESSION_REVOKED",
      "STREAM_EXPIRED",
    ])
  );
}

function detailOf({ details }: ConnectError, name: string): Uint8Array | undefined {
  // Those that a server of the same process made have no type yet: hence the cast.
  const received = details as readonly { readonly type?: string; readonly value?: Uint8Array }[];
  return received.find(({ type }) => type === `google.rpc.${name}`)?.value;
}

/** Read the only field of a RetryInfo: a duration in seconds and nanoseconds. */
function durationMsOf(retryInfo: Uint8Array): number {
  const fields: number[] = [];
  try {
    const reader = new BinaryReader(retryInfo);
    reader.tag();
    for (reader.uint32(); reader.pos < reader.len; ) {
      fields[reader.tag()[0]] = Number(reader.int64());
    }
  } catch {
    // A detail that cannot be read is as good as none; the error's code remains.
    return Number.NaN;
  }
  const [, seconds = 0, nanos = 0] = fields;
  return seconds * 1000 + nanos / 1e6;
}
