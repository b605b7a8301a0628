import { AuthError, withTokenHint } from "../errors/auth-error.ts";
import type { Check } from "../errors/facts.ts";
import { type Claims, ownMember } from "./claim-source.ts";

/** Claims that OpenID Connect has for ID tokens (OpenID Connect Core §2, §3.3.2.11). */
const CLAIMS_OF_ID_TOKENS: readonly string[] = ["nonce", "at_hash", "c_hash"];

/** Checks that tell access tokens from others: the rest refuses both alike. */
const TELLING_CHECKS: ReadonlySet<Check> = new Set(["audience", "claim", "type"]);

/** Check whether a token looks like an ID token. It is a guess for the operator: nothing may be decided by it. */
export function looksLikeIdToken(claims: Claims): boolean {
  return (
    ownMember(claims, "typ") === "ID" ||
    ownMember(claims, "token_use") === "id" ||
    CLAIMS_OF_ID_TOKENS.some((name) => typeof ownMember(claims, name) === "string")
  );
}

/** Note on a refusal that the token looks like an ID token, if it does and that may be why it was refused. */
export function noteIdToken(error: unknown, claims: Claims): unknown {
  return error instanceof AuthError && looksLikeIdToken(claims)
    ? withTokenHint(error, "id_token", TELLING_CHECKS)
    : error;
}
