import type { SignedOutReason } from "./store.ts";

/** What the failure of a source means for the session: it ends, is tried again, or is a mistake in the set-up. */
export type SourceErrorKind = "final" | "transient" | "config";

/** What a {@link TokenSourceError} may carry. */
export interface TokenSourceErrorOptions {
  /** Why the session ended, when it did. Default `revoked`. */
  readonly reason?: SignedOutReason | undefined;
  /** After how many milliseconds another try makes sense. */
  readonly retryAfterMs?: number | undefined;
  /** What led to this error. */
  readonly cause?: unknown;
}

const NAME = "TokenSourceError";

/** The error of a source of your own that has no tokens. Anything else that it throws counts as transient. */
export class TokenSourceError extends Error {
  override readonly name: string = NAME;
  readonly kind: SourceErrorKind;
  readonly reason: SignedOutReason;
  readonly retryAfterMs: number | undefined;

  /**
   * @param kind what it means for the session
   * @param message what went wrong, without secrets
   * @param options the reason, the time to wait, and the cause
   */
  constructor(kind: SourceErrorKind, message: string, options: TokenSourceErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.reason = options.reason ?? "revoked";
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Check whether an error is a {@link TokenSourceError}. By name: a page that makes none need not carry the class. */
export function isTokenSourceError(error: unknown): error is TokenSourceError {
  return error instanceof Error && error.name === NAME;
}
