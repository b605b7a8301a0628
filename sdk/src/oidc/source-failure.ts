import * as oauth from "oauth4webapi";
import { parseRetryAfterMs } from "../core/error-info.ts";
import {
  type SourceErrorKind,
  TokenSourceError,
  type TokenSourceErrorOptions,
} from "../core/source-error.ts";

const TRANSIENT = new Set(["temporarily_unavailable", "server_error", "slow_down", "authorization_pending"]);

/** The provider wants to see the user (OpenID Connect Core §3.1.2.6); the last one is Auth0's. */
const NEEDS_USER = new Set([
  "interaction_required",
  "login_required",
  "consent_required",
  "account_selection_required",
  "mfa_required",
]);

/**
 * Run a request to a provider, and convert its failure to what that means for a session (RFC 6749 §5.2).
 *
 * @param describeClient says in a message which client was refused, and how it proved itself
 */
export async function explained<T>(run: () => Promise<T>, describeClient: () => string): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toSourceError(error, describeClient);
  }
}

function toSourceError(cause: unknown, describeClient: () => string): unknown {
  // How a token endpoint refuses a client that came with an Authorization header (RFC 6749 §5.2).
  if (cause instanceof oauth.WWWAuthenticateChallengeError) {
    return toClientError(cause, describeClient);
  }
  if (cause instanceof oauth.OperationProcessingError && cause.cause instanceof TokenSourceError) {
    return cause.cause; // of the body, which was not read to its end
  }
  if (cause instanceof oauth.OperationProcessingError || cause instanceof oauth.UnsupportedOperationError) {
    // Its cause is the whole answer, tokens included: errors are logged, so only what was wrong goes on.
    return new TokenSourceError("transient", cause.message, { retryAfterMs: retryAfterMsOf(cause.cause) });
  }
  if (cause instanceof oauth.AuthorizationResponseError) {
    return toEnd(cause.error, cause) ?? toFailure("config", cause.error, { cause });
  }
  if (!(cause instanceof oauth.ResponseBodyError)) {
    return cause;
  }
  const { error, status, response } = cause;
  if (error === "invalid_client") {
    return toClientError(cause, describeClient);
  }
  const end = toEnd(error, cause);
  if (end === undefined && (TRANSIENT.has(error) || status === 429 || status >= 500)) {
    return toFailure("transient", error, { retryAfterMs: retryAfterMsOf(response), cause });
  }
  return end ?? toFailure("config", error, { cause });
}

function retryAfterMsOf(answer: unknown): number | undefined {
  return answer instanceof Response ? parseRetryAfterMs(answer.headers.get("retry-after")) : undefined;
}

/** Make the error that ends a session, for an answer that does so. */
function toEnd(error: string, cause: unknown): TokenSourceError | undefined {
  if (NEEDS_USER.has(error)) {
    return toFailure("final", error, { reason: "interaction_required", cause });
  }
  if (error === "invalid_grant") {
    return new TokenSourceError("final", "the provider does not accept the grant any more", { cause });
  }
  // Of a device: the user has refused, or not come in time (RFC 8628 §3.5).
  const isOver = error === "access_denied" || error === "expired_token";
  return isOver ? toFailure("final", error, { cause }) : undefined;
}

function toClientError(cause: unknown, describeClient: () => string): TokenSourceError {
  return new TokenSourceError("config", `the provider does not accept the client ${describeClient()}`, {
    cause,
  });
}

function toFailure(kind: SourceErrorKind, error: string, options: TokenSourceErrorOptions): TokenSourceError {
  // What a provider calls its error is a short word (RFC 6749 §5.2): anything else is not for a message.
  const name = /^[\w.-]{1,64}$/.test(error) ? error : "an error";
  return new TokenSourceError(kind, `the provider answered ${name}`, options);
}
