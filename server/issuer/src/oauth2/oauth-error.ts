import { AuthError, type AuthReason } from "@countersign/server";
import { InvalidTargetError } from "../sessions/token-audience.ts";

/** The error codes of the OAuth endpoints. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "unsupported_token_type"
  | "invalid_scope"
  | "invalid_target"
  | "invalid_dpop_proof"
  | "use_dpop_nonce"
  | "temporarily_unavailable"
  | "server_error";

/** The reason why an OAuth request is refused ([RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)). */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly code: OAuthErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param code the error code, for programs
   * @param message the rule that was broken, never what the caller sent
   * @param answer the status of HTTP, 400 by default, and header fields
   */
  constructor(
    code: OAuthErrorCode,
    message: string,
    answer: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = answer.status ?? 400;
    this.headers = answer.headers ?? {};
  }
}

/** The reasons that have a name in OAuth; `retry`: for what passes; `unexpected`: no endpoint of OAuth gives it. */
const CODES = {
  CREDENTIALS_INVALID: "invalid_grant",
  REFRESH_TOKEN_INVALID: "invalid_grant",
  SESSION_REVOKED: "invalid_grant",
  INSUFFICIENT_SCOPE: "invalid_scope",
  POLICY_DENIED: "unauthorized_client",
  DPOP_PROOF_INVALID: "invalid_dpop_proof",
  DPOP_NONCE_REQUIRED: "use_dpop_nonce",
  RATE_LIMITED: "retry",
  AUTH_UNAVAILABLE: "retry",
  // About the access token of a call, which the endpoints do not take.
  TOKEN_MISSING: "unexpected",
  TOKEN_INVALID: "unexpected",
  TOKEN_EXPIRED: "unexpected",
  STREAM_EXPIRED: "unexpected",
  REAUTH_REQUIRED: "unexpected",
  BINDING_REQUIRED: "unexpected",
  SERVER_DRAINING: "unexpected",
} as const satisfies Record<AuthReason, OAuthErrorCode | "retry" | "unexpected">;

const DEFAULT_RETRY_MS = 1_000;

/** Convert what was thrown, if a caller may see it; undefined for anything unexpected. */
export function toOAuthError(error: unknown): OAuthError | undefined {
  if (error instanceof OAuthError) {
    return error;
  }
  if (error instanceof InvalidTargetError) {
    return new OAuthError("invalid_target", error.message);
  }
  if (!(error instanceof AuthError)) {
    return undefined;
  }
  const code = CODES[error.reason];
  if (code === "retry") {
    return toRetry(error);
  }
  return code === "unexpected" ? undefined : new OAuthError(code, error.message, { headers: toNonce(error) });
}

/** RFC 9449 §8: the nonce for the next attempt goes into a header. */
function toNonce({ metadata }: AuthError): Readonly<Record<string, string>> {
  return metadata.nonce === undefined ? {} : { "dpop-nonce": metadata.nonce };
}

function toRetry({ reason, message, retryAfterMs = DEFAULT_RETRY_MS }: AuthError): OAuthError {
  const status = reason === "RATE_LIMITED" ? 429 : 503;
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return new OAuthError("temporarily_unavailable", message, {
    status,
    headers: { "retry-after": String(seconds) },
  });
}

/**
 * Do something whose wrong credentials have a name of their own.
 *
 * @throws OAuthError of the code instead of AuthError `CREDENTIALS_INVALID`
 */
export async function namingWrongCredentials<T>(code: OAuthErrorCode, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof AuthError && error.reason === "CREDENTIALS_INVALID"
      ? new OAuthError(code, error.message)
      : error;
  }
}
