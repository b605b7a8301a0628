import type { OutgoingHttpHeaders } from "node:http";
import { AuthError, type AuthReason } from "@countersign/server";

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
  | "temporarily_unavailable"
  | "server_error";

/** Say why an OAuth request is refused ([RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)). */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly code: OAuthErrorCode;
  readonly status: number;
  readonly headers: Readonly<OutgoingHttpHeaders>;

  /**
   * @param code the error code, for programs
   * @param message the rule that was broken, never what the caller sent
   * @param answer the status of HTTP, 400 by default, and header fields
   */
  constructor(
    code: OAuthErrorCode,
    message: string,
    answer: { readonly status?: number; readonly headers?: OutgoingHttpHeaders } = {},
  ) {
    super(message);
    this.code = code;
    this.status = answer.status ?? 400;
    this.headers = answer.headers ?? {};
  }
}

/** What our reasons are called in OAuth; those that are missing cannot come up, or differ from place to place. */
const CODES: Partial<Record<AuthReason, OAuthErrorCode>> = {
  CREDENTIALS_INVALID: "invalid_grant",
  REFRESH_TOKEN_INVALID: "invalid_grant",
  SESSION_REVOKED: "invalid_grant",
  INSUFFICIENT_SCOPE: "invalid_scope",
  POLICY_DENIED: "unauthorized_client",
};

const DEFAULT_RETRY_MS = 1_000;

/** Convert what was thrown, if a caller may see it; undefined for anything unexpected. */
export function toOAuthError(error: unknown): OAuthError | undefined {
  if (error instanceof OAuthError) {
    return error;
  }
  if (!(error instanceof AuthError)) {
    return undefined;
  }
  if (error.reason === "RATE_LIMITED" || error.reason === "AUTH_UNAVAILABLE") {
    const status = error.reason === "RATE_LIMITED" ? 429 : 503;
    const seconds = Math.ceil((error.retryAfterMs ?? DEFAULT_RETRY_MS) / 1_000);
    const headers = { "retry-after": String(Math.max(1, seconds)) };
    return new OAuthError("temporarily_unavailable", error.message, { status, headers });
  }
  const code = CODES[error.reason];
  return code === undefined ? undefined : new OAuthError(code, error.message);
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
