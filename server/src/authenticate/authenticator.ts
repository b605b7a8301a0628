import type { Clock } from "../clock.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { TrustedIssuers } from "./issuers.ts";
import type { Principal } from "./principal.ts";
import { digestToken } from "./token-digest.ts";
import { assertTimely } from "./token-times.ts";
import { createVerdictCache } from "./verdict-cache.ts";
import { type Verdict, verifyToken } from "./verify-token.ts";

/** Says whether a principal's session, account or token has been revoked. It answers from memory. */
export interface RevocationCheck {
  /**
   * @throws AuthError `AUTH_UNAVAILABLE` when it can no longer know
   */
  isRevoked(principal: Principal): boolean;
}

/** What {@link createAuthenticator} needs. */
export interface AuthenticatorOptions {
  /** Whom to trust. */
  readonly issuers: TrustedIssuers;
  /** What has been revoked. */
  readonly revocations: RevocationCheck;
  /** The time. */
  readonly clock: Clock;
  /** How far the clocks of issuer and server may lie apart, in seconds. */
  readonly toleranceSeconds: number;
  /** How many verified tokens are remembered at the most. */
  readonly cacheEntries: number;
}

/** Turns a token into a principal. */
export interface Authenticator {
  /**
   * Answers without a promise for a token that was verified before.
   *
   * @throws AuthError the reason why the token is not good
   */
  authenticate(token: string): Principal | Promise<Principal>;
}

/** Create an authenticator with a cache of its own. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { issuers, revocations, clock, toleranceSeconds } = options;
  const cache = createVerdictCache(options.cacheEntries);

  async function verify(token: string, digest: string): Promise<Principal> {
    const verdict = await verifyToken(token, issuers);
    if (verdict.principal.binding !== undefined) {
      // RFC 9449 §7.2: a token bound to a key is worth nothing without the proof, and none is taken here yet.
      throw new AuthError("TOKEN_INVALID", "the token is bound to a key and was sent as a bearer token");
    }
    if (!verdict.issuer.keys.isTrusted(verdict.key)) {
      throw new AuthError("TOKEN_INVALID", "the key was withdrawn while the token was verified");
    }
    assertStillGood(verdict);
    cache.set(digest, verdict);
    return verdict.principal;
  }

  /** What may change about a token after it was verified: the time, and that its session is revoked. */
  function assertStillGood({ principal, times }: Verdict): void {
    assertTimely(times, clock.nowMs() / 1000, toleranceSeconds);
    if (revocations.isRevoked(principal)) {
      throw new AuthError("SESSION_REVOKED", "the session has been revoked");
    }
  }

  function recall(token: string, digest: string): Principal | Promise<Principal> {
    const verdict = cache.get(digest);
    if (verdict === undefined) {
      return verify(token, digest);
    }
    if (!verdict.issuer.keys.isTrusted(verdict.key)) {
      cache.delete(digest);
      return verify(token, digest);
    }
    assertStillGood(verdict);
    return verdict.principal;
  }

  return {
    authenticate(token) {
      const digest = digestToken(token);
      return typeof digest === "string" ? recall(token, digest) : digest.then((text) => recall(token, text));
    },
  };
}
