import { Code, ConnectError } from "@connectrpc/connect";
import { readRefusal, readRetryAfterMs } from "./error-info.ts";
import { isTokenSourceError, type SourceErrorKind } from "./source-error.ts";
import type { SignedOutReason } from "./store.ts";

/**
 * What a failed refresh means: `final` ends the session, `transient` is tried again and deletes nothing,
 * `config` is a mistake in the set-up: the session is kept and the error is shown.
 */
export interface Failure {
  readonly kind: SourceErrorKind;
  /** Why the session ends, if it does. */
  readonly reason: SignedOutReason;
  readonly retryAfterMs: number | undefined;
  readonly error: ConnectError;
}

const CONFIG_CODES: readonly Code[] = [
  Code.Unimplemented,
  Code.NotFound,
  Code.FailedPrecondition,
  Code.PermissionDenied,
];
const REFUSAL_CODES: readonly Code[] = [Code.Unauthenticated, Code.PermissionDenied];

/**
 * Decide what a failed refresh means.
 *
 * Only a refusal that carries our own reason ends a session: a proxy that answers 401 on its own does not.
 */
export function classifyFailure(cause: unknown): Failure {
  const error = ConnectError.from(cause);
  return { ...(isTokenSourceError(cause) ? cause : meaningOf(error)), error };
}

function meaningOf(error: ConnectError): Omit<Failure, "error"> {
  const { reason, metadata } = readRefusal(error);
  const cause = metadata("cause");
  const isFinal = reason && REFUSAL_CODES.includes(error.code);
  const isConfig = CONFIG_CODES.includes(error.code);
  return {
    kind: isFinal ? "final" : isConfig ? "config" : "transient",
    reason: cause === "reuse_detected" || cause === "expired" ? cause : "revoked",
    retryAfterMs: readRetryAfterMs(error),
  };
}

/** Add the address to the failure of a sign-in that did not come from the server's SessionService: it may be wrong. */
export function explainedAt(baseUrl: string, cause: unknown): ConnectError {
  const error = ConnectError.from(cause);
  const { rawMessage, code, metadata } = error;
  const message = `SessionService at ${baseUrl}: ${rawMessage || "none"}`;
  return readRefusal(error).reason ? error : new ConnectError(message, code, metadata, undefined, cause);
}
