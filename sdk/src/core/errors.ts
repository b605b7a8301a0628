import { Code, ConnectError } from "@connectrpc/connect";

/**
 * Why the SDK itself refused a call before anything was sent, or ended a stream.
 *
 * - `SIGNED_OUT`: the session has no account, or another account has signed in since the call was made. An open stream
 *   ends with it as well, at a sign-out, at a change of account, and when the session object is disposed of.
 * - `REFRESH_UNAVAILABLE`: the token has expired, and the auth server cannot be reached or wants to be left alone; or
 *   the store has not answered yet.
 * - `ORIGIN_NOT_ALLOWED`: the URL is neither of the origin of `baseUrl` nor of `allowedOrigins`, or it is in plain
 *   http to another machine.
 * - `DEADLINE_TOO_CLOSE`: too little time is left to send the call.
 * - `DISPOSED`: the session object was disposed of.
 */
export type SessionErrorReason =
  | "SIGNED_OUT"
  | "REFRESH_UNAVAILABLE"
  | "ORIGIN_NOT_ALLOWED"
  | "DEADLINE_TOO_CLOSE"
  | "DISPOSED";

const CODES = {
  SIGNED_OUT: Code.Unauthenticated,
  REFRESH_UNAVAILABLE: Code.Unavailable,
  ORIGIN_NOT_ALLOWED: Code.FailedPrecondition,
  DEADLINE_TOO_CLOSE: Code.DeadlineExceeded,
  DISPOSED: Code.FailedPrecondition,
} as const satisfies Record<SessionErrorReason, Code>;

/** What a {@link SessionError} may carry beside its reason. */
export interface SessionErrorOptions {
  /** After how many milliseconds another try makes sense. */
  readonly retryAfterMs?: number | undefined;
  /** What led to this error. */
  readonly cause?: unknown;
  /** Ends the message: the value and the option that it is about. Default: nothing. */
  readonly detail?: string | undefined;
}

/** The error of a call that the SDK refused before anything was sent, or of a stream that it ended. */
export class SessionError extends ConnectError {
  readonly reason: SessionErrorReason;
  /** After how many milliseconds another try makes sense; set when the reason is `REFRESH_UNAVAILABLE`. */
  readonly retryAfterMs: number | undefined;

  /**
   * @param reason the cause, for programs, and in small letters the message
   * @param options the time to wait, and the cause
   */
  constructor(reason: SessionErrorReason, options: SessionErrorOptions = {}) {
    // Every page pays for every letter of it: the rest is in the documentation.
    const message = reason.toLowerCase().replaceAll("_", " ");
    const { detail } = options;
    super(detail ? `${message}: ${detail}` : message, CODES[reason], undefined, undefined, options.cause);
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Make the error of a token that cannot be refreshed now. */
export function unavailable(retryAfterMs: number, cause?: unknown, detail?: string): SessionError {
  return new SessionError("REFRESH_UNAVAILABLE", { retryAfterMs, cause, detail });
}

/** Check whether the SDK itself refused a call or ended a stream, and for this reason if one is given. */
export function isSessionError(error: unknown, reason?: SessionErrorReason): error is SessionError {
  // ConnectError answers `instanceof` by shape, so the property is the difference.
  if (!(error instanceof ConnectError) || !("reason" in error)) {
    return false;
  }
  const known = typeof error.reason === "string" && Object.hasOwn(CODES, error.reason);
  return known && (reason === undefined || error.reason === reason);
}
