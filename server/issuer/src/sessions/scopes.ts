import { AuthError } from "@countersign/server";

/**
 * Choose the scopes of a new session.
 *
 * @param requested the scopes that were asked for; none: all that are allowed
 * @param allowed the scopes that the account has
 * @returns each scope once
 * @throws AuthError `INSUFFICIENT_SCOPE` when one is asked for that the account does not have
 */
export function grantScopes(requested: readonly string[], allowed: readonly string[]): readonly string[] {
  if (requested.length === 0) {
    return allowed;
  }
  const wanted = [...new Set(requested)];
  if (!wanted.every((scope) => allowed.includes(scope))) {
    throw new AuthError("INSUFFICIENT_SCOPE", "not every scope that was asked for can be granted");
  }
  return wanted;
}

/** Keep the scopes, or roles, that were granted and are still allowed: a session never gets more (RFC 6749 §6). */
export function keepAllowed(granted: readonly string[], allowed: readonly string[]): readonly string[] {
  const still = new Set(allowed);
  return granted.filter((name) => still.has(name));
}
