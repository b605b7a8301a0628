import { isRefreshId, isScopeToken, MAX_SCOPES } from "@countersign/server/internal";
import type { TokenAudiences } from "../sessions/token-audience.ts";
import type { Form } from "./form.ts";
import { OAuthError } from "./oauth-error.ts";

/**
 * Read the scopes that are asked for.
 *
 * @returns each once; none when the parameter is absent
 * @throws OAuthError `invalid_scope`
 */
export function readScopes(form: Form): readonly string[] {
  const scopes = [...new Set((form.get("scope") ?? "").split(" ").filter((scope) => scope !== ""))];
  if (scopes.length > MAX_SCOPES || !scopes.every(isScopeToken)) {
    throw new OAuthError("invalid_scope", "the parameter scope is not a list of scopes");
  }
  return scopes;
}

/**
 * Check for whom a token is asked: this server gives out tokens for its audience and its resources only
 * ([RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2)).
 *
 * @throws OAuthError `invalid_target` when it is for another
 */
export function assertTarget(form: Form, { audience, resources }: TokenAudiences): void {
  if (!readResources(form).every((target) => target === audience || resources.includes(target))) {
    const whose = resources.length === 0 ? "the audience" : "the audience and the resources";
    throw new OAuthError("invalid_target", `tokens are given out for ${whose} of this server only`);
  }
}

/** Read for whom a token is asked: each once, and none when nothing is said. */
export function readResources(form: Form): readonly string[] {
  return [...new Set([...form.getAll("resource"), ...form.getAll("audience")])];
}

/** Read the name of an attempt to refresh; empty when it has none. @throws OAuthError `invalid_request` */
export function readRefreshId(form: Form): string {
  const refreshId = form.get("refresh_id") ?? "";
  if (refreshId !== "" && !isRefreshId(refreshId)) {
    throw new OAuthError("invalid_request", "refresh_id must be 16 to 64 characters of base64url");
  }
  return refreshId;
}
