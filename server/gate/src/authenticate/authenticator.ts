import { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Clock } from "../kernel/clock.ts";
import type { CallDecision } from "../kernel/observe.ts";
import type { TrustedIssuer, TrustedIssuers } from "./issuers.ts";
import type { Principal } from "./principal.ts";
import { assertStillGood } from "./still-good.ts";
import { digestToken } from "./token-digest.ts";
import { assertTokenSize, DEFAULT_MAX_TOKEN_BYTES } from "./token-size.ts";
import { createVerdictCache } from "./verdict-cache.ts";
import { type Verdict, verifyToken } from "./verify-token.ts";

/** Says whether a principal's session, account or token has been revoked. It answers from memory. */
export interface RevocationCheck {
  /**
   * @throws AuthError `AUTH_UNAVAILABLE` when it can no longer know
   */
  isRevoked(principal: Principal): boolean;
  /**
   * Call back for what is revoked from now on: the streams that run for it are ended. Absent: a stream learns of a
   * revocation when it is renewed, and otherwise ends with its token.
   *
   * @returns what ends the calls
   */
  onRevoked?(listener: (revoked: RevokedPrincipals) => void): () => void;
}

/** What was revoked at one time. */
export interface RevokedPrincipals {
  /** Check whether a principal is covered by it. */
  matches(principal: Principal): boolean;
  /** What it is, for observers: `kid` is the dimension of a key. Default: one revocation of no key. */
  readonly records?: readonly { readonly dimension: string }[];
}

/** How often the tokens of one caller may turn out not to be good. */
export interface TokenFailureLimit {
  /** @throws AuthError `RATE_LIMITED` when it was too often of late */
  assertAllowed(peer: string): void;
  /** Count one that was not good. */
  take(peer: string): void;
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
  /** How many verified tokens are remembered at the most, and a tenth of that of those that are not good any more. */
  readonly cacheEntries: number;
  /** How long to wait for a key that has to be fetched, in milliseconds. Default: as long as its source does. */
  readonly keyTimeoutMs?: number;
  /** The longest token that is looked at, in bytes. Default: 8,192. */
  readonly maxTokenBytes?: number;
  /** Limits how often a caller may have bad tokens verified. Default: no limit. */
  readonly tokenFailureLimit?: TokenFailureLimit | undefined;
}

/** Turns a token into a principal. */
export interface Authenticator {
  /**
   * Answers without a promise for a token that was verified before, and for one whose form or header is refused.
   *
   * @param peer where the token comes from, for the limit on failures; empty: unknown, and not counted
   * @param lookup notes whether the token was known, where that is observed
   * @throws AuthError the reason why the token is not good, or `RATE_LIMITED` before anything is verified
   */
  authenticate(token: string, peer?: string, lookup?: VerdictLookup): Principal | Promise<Principal>;
  /** Forget every verdict on tokens of an issuer that is not trusted any more. */
  readonly forget: (issuer: TrustedIssuer) => void;
}

/** What became of the search for the verdict on a token. */
export interface VerdictLookup {
  cache: CallDecision["cache"];
}

/**
 * One in so many verdicts may be on tokens that have expired, are not valid yet or are revoked: a caller that sends one
 * again and again does not have it verified each time. They have a cache of their own, so that they never push out the
 * verdicts on good tokens.
 */
const SPENT_SHARE = 10;

/** Create an authenticator with a cache of its own. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { issuers, clock, tokenFailureLimit, keyTimeoutMs: timeoutMs } = options;
  const { maxTokenBytes = DEFAULT_MAX_TOKEN_BYTES } = options;
  const keyWait = timeoutMs === undefined ? undefined : { clock, timeoutMs };
  const cache = createVerdictCache(options.cacheEntries);
  const spent = createVerdictCache(Math.ceil(options.cacheEntries / SPENT_SHARE));

  function accept(verdict: Verdict, digest: string): Principal {
    assertAcceptable(verdict, issuers);
    try {
      assertStillGood(verdict.principal, verdict.times, options);
    } catch (error) {
      spent.set(digest, verdict);
      throw error;
    }
    cache.set(digest, verdict);
    return verdict.principal;
  }

  function verify(token: string, digest: string): Promise<Principal> {
    assertTokenSize(token, maxTokenBytes);
    return verifyToken(token, issuers, keyWait).then((verdict) => accept(verdict, digest));
  }

  /** A token that was verified before costs nothing, and so is never counted: only who comes with others must wait. */
  function verifyWithinLimit(token: string, digest: string, peer: string): Promise<Principal> {
    if (tokenFailureLimit === undefined || peer === "") {
      return verify(token, digest);
    }
    tokenFailureLimit.assertAllowed(peer);
    const count = (error: unknown): never => {
      if (error instanceof AuthError && error.reason !== "AUTH_UNAVAILABLE") {
        tokenFailureLimit.take(peer);
      }
      throw error;
    };
    try {
      return verify(token, digest).catch(count);
    } catch (error) {
      return count(error);
    }
  }

  /** @returns the verdict on a token that was verified before; undefined: it must be verified */
  function recall(digest: string, lookup: VerdictLookup | undefined): Verdict | undefined {
    const verdict = cache.get(digest) ?? spent.get(digest);
    if (verdict?.issuer.keys.isTrusted(verdict.key) === true) {
      if (lookup !== undefined) {
        lookup.cache = "hit";
      }
      return verdict;
    }
    if (verdict !== undefined) {
      cache.delete(digest);
      spent.delete(digest);
    }
    if (lookup !== undefined) {
      lookup.cache = "miss";
    }
    return undefined;
  }

  function reuse(verdict: Verdict): Principal {
    assertStillGood(verdict.principal, verdict.times, options);
    return verdict.principal;
  }

  return {
    authenticate(token, peer = "", lookup) {
      const digest = digestToken(token);
      if (typeof digest === "string") {
        const verdict = recall(digest, lookup);
        return verdict === undefined ? verifyWithinLimit(token, digest, peer) : reuse(verdict);
      }
      return digest.then((text) => {
        const verdict = recall(text, lookup);
        return verdict === undefined ? verifyWithinLimit(token, text, peer) : reuse(verdict);
      });
    },
    forget(issuer) {
      cache.deleteAllOf(issuer);
      spent.deleteAllOf(issuer);
    },
  };
}

/** Assert that the key and the issuer are still trusted, which may have changed during the verification. */
function assertAcceptable(verdict: Verdict, issuers: TrustedIssuers): void {
  if (verdict.principal.binding !== undefined) {
    // RFC 9449 §7.2: a token bound to a key is worth nothing without the proof, and none is taken here yet.
    throw createRefusal("TOKEN_INVALID", "the token is bound to a key and was sent as a bearer token", {
      facts: { check: "binding", expected: "no claim cnf", got: verdict.principal.binding.kind },
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
