import type { Form } from "./form.ts";
import { OAuthError } from "./oauth-error.ts";

const MAX_SCOPES = 64;

/** A scope-token of RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/;

/** 128 random bits in base64url have 22 characters; identifiers of other makers may be somewhat different. */
const REFRESH_ID = /^[\w-]{16,64}$/;

/**
 * Read the scopes that are asked for.
 *
 * @returns each once; none when the parameter is absent
 * @throws OAuthError `invalid_scope`
 */
export function readScopes(form: Form): readonly string[] {
  const scopes = [...new Set((form.get("scope") ?? "").split(" ").filter((scope) => scope !== ""))];
  if (scopes.length > MAX_SCOPES || !scopes.every((scope) => SCOPE.test(scope))) {
    throw new OAuthError("invalid_scope", "the parameter scope is not a list of scopes");
  }
  return scopes;
}

/**
 * Check for whom a token is asked: this server gives out tokens for one audience only
 * ([RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2)).
 *
 * @throws OAuthError `invalid_target` when it is for another
 */
export function assertTarget(form: Form, audience: string): void {
  if ([...form.getAll("resource"), ...form.getAll("audience")].some((target) => target !== audience)) {
    throw new OAuthError("invalid_target", "tokens are given out for the audience of this server only");
  }
}

/** Read the name of an attempt to refresh; empty when it has none. @throws OAuthError `invalid_request` */
export function readRefreshId(form: Form): string {
  const refreshId = form.get("refresh_id") ?? "";
  if (refreshId !== "" && !REFRESH_ID.test(refreshId)) {
    throw new OAuthError("invalid_request", "refresh_id must be 16 to 64 characters of base64url");
  }
  return refreshId;
}
