import * as oauth from "oauth4webapi";
import { parseRetryAfterMs } from "../core/error-info.ts";
import { TokenSourceError } from "../core/source-error.ts";

const TRANSIENT = new Set(["temporarily_unavailable", "server_error", "slow_down", "authorization_pending"]);

/** Run a request to a provider, and convert its failure to what that means for a session (RFC 6749 §5.2). */
export async function explained<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toSourceError(error);
  }
}

function toSourceError(cause: unknown): unknown {
  // How a token endpoint refuses a client that came with an Authorization header (RFC 6749 §5.2).
  if (cause instanceof oauth.WWWAuthenticateChallengeError) {
    return new TokenSourceError("config", "the provider does not accept the client", { cause });
  }
  if (cause instanceof oauth.OperationProcessingError || cause instanceof oauth.UnsupportedOperationError) {
    // Its cause is the whole answer, tokens included: errors are logged, so only what was wrong goes on.
    return new TokenSourceError("transient", cause.message);
  }
  if (!(cause instanceof oauth.ResponseBodyError)) {
    return cause;
  }
  const { error, status, response } = cause;
  if (error === "invalid_grant") {
    return new TokenSourceError("final", "the provider does not accept the grant any more", { cause });
  }
  if (TRANSIENT.has(error) || status === 429 || status >= 500) {
    const retryAfterMs = parseRetryAfterMs(response.headers.get("retry-after"));
    return new TokenSourceError("transient", `the provider answered ${error}`, { retryAfterMs, cause });
  }
  return new TokenSourceError("config", `the provider answered ${error}`, { cause });
}
