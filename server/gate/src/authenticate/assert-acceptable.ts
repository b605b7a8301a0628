import { createRefusal } from "../errors/refusal.ts";
import type { TrustedIssuers } from "./issuers.ts";
import type { Verdict } from "./verify-token.ts";

/** What tokens are accepted by. */
interface AcceptanceOptions {
  readonly issuers: TrustedIssuers;
  /** Whether a token may be bound to a key or a certificate. Default: not. */
  readonly acceptsBoundTokens?: boolean;
}

/**
 * Assert that the key and the issuer are still trusted, which may have changed during the verification, and that the caller
 * checks what a token is bound to.
 *
 * @throws AuthError `TOKEN_INVALID`
 */
export function assertAcceptable(
  verdict: Verdict,
  { issuers, acceptsBoundTokens = false }: AcceptanceOptions,
): void {
  const { binding } = verdict.principal;
  if (binding !== undefined && !acceptsBoundTokens) {
    // RFC 9449 §7.2: a token that is bound to a key is worth nothing without the proof, and the caller takes none.
    throw createRefusal("TOKEN_INVALID", "the token is bound to a key and was sent as a bearer token", {
      facts: { check: "binding", expected: "no claim cnf", got: binding.kind },
    });
  }
  if (!issuers.has(verdict.issuer)) {
    throw createRefusal("TOKEN_INVALID", "the issuer was withdrawn while the token was verified", {
      facts: { check: "issuer", expected: "an issuer that is trusted", got: verdict.issuer.issuer },
    });
  }
  if (!verdict.issuer.keys.isTrusted(verdict.key)) {
    throw createRefusal("TOKEN_INVALID", "the key was withdrawn while the token was verified", {
      facts: { check: "key", expected: "a key that the issuer still has", got: verdict.key.kid },
    });
  }
}
