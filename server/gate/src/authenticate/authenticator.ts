import { AuthError } from "../errors/auth-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { LeavePlace } from "../kernel/concurrency-limit.ts";
import type { CallDecision } from "../kernel/observe.ts";
import { isOfUnknownKey } from "../keys/keys-on-demand.ts";
import type { ChangedClaims } from "../revoked/changed-claims.ts";
import { assertAcceptable } from "./assert-acceptable.ts";
import { createFindCurrent, type FindCurrent } from "./current-principal.ts";
import type { TrustedIssuer, TrustedIssuers } from "./issuers.ts";
import type { Principal } from "./principal.ts";
import type { CheckRunner, ClaimedToken } from "./prove-token.ts";
import {
  type Claimant,
  createSignatureChecks,
  DEFAULT_FAILED_CHECKS_PER_SECOND,
} from "./signature-checks.ts";
import { assertStillGood } from "./still-good.ts";
import { createTokenDigest } from "./token-digest.ts";
import { assertTokenSize, DEFAULT_MAX_TOKEN_BYTES } from "./token-size.ts";
import { createVerdictCache } from "./verdict-cache.ts";
import { toVerdict, type Verdict, verifyToken } from "./verify-token.ts";

/** Says whether a principal's session, account or token has been revoked. It answers from memory. */
export interface RevocationCheck {
  /**
   * @throws AuthError `AUTH_UNAVAILABLE` when it can no longer know
   */
  isRevoked(principal: Principal): boolean;
  /**
   * Find what has changed of a principal's claims since its token was granted, in the order in which it is to be applied.
   * Calls and streams are judged by it. Absent: nothing is known to.
   *
   * @returns undefined: nothing has
   */
  changesOf?(principal: Principal): readonly ChangedClaims[] | undefined;
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
  /** Check whether it changes what the token of a principal says, without revoking it. Absent: it does not. */
  changes?(principal: Principal): boolean;
  /** What it is, for observers: `kid` is the dimension of a key. Default: one revocation of no key. */
  readonly records?: readonly { readonly dimension: string; readonly changedClaims?: unknown }[];
}

/**
 * How often one caller may send tokens that no trusted issuer has signed. It is asked when one was found to be such, and
 * decides what is answered; a good token is never held to it.
 */
export interface TokenFailureLimit {
  /** @throws AuthError `RATE_LIMITED` when it was too often of late: the answer, in place of `TOKEN_INVALID` */
  assertAllowed(peer: string): void;
  /** Count one. */
  take(peer: string): void;
}

/** What {@link createAuthenticator} needs. */
export interface AuthenticatorOptions {
  /** The issuers that are trusted. */
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
  /** Limits how often a caller may send forged tokens. Default: no limit. */
  readonly tokenFailureLimit?: TokenFailureLimit | undefined;
  /**
   * Whether tokens are accepted that are bound to a key or a certificate: then the caller of the authenticator must see that
   * their sender has it. Default: false, they are refused.
   */
  readonly acceptsBoundTokens?: boolean;
  /** How many checks of signatures may fail in a second before checks have to wait. Default: 2,000. */
  readonly failedChecksPerSecond?: number;
}

/** Where a token comes from. */
export interface TokenOrigin {
  /** For limits; empty: not known. It is asked for only when the token is not known. */
  readonly peer: string;
  /** Gives the place that its check holds to others while keys are fetched. Default: it holds none. */
  readonly leavePlace?: LeavePlace | undefined;
}

/** Turns a token into a principal. */
export interface Authenticator {
  /**
   * Answers without a promise for a token that was verified before, and for one whose form or header is refused.
   *
   * What is known to have changed of the claims is applied: the principal is what the token would say now.
   *
   * @param origin where the token comes from. Default: that is not known; all such tokens count as those of one peer
   * @param lookup notes whether the token was known, where that is observed
   * @throws AuthError the reason why the token is not good; `RATE_LIMITED` in place of `TOKEN_INVALID` when its peer has
   *   sent too many that are forged, and when too many signatures wait for their check
   */
  authenticate(token: string, origin?: TokenOrigin, lookup?: VerdictLookup): Principal | Promise<Principal>;
  /** Forget every verdict on tokens of an issuer that is not trusted any more. */
  readonly forget: (issuer: TrustedIssuer) => void;
  /** Finds principals that it has made as they are by now. */
  readonly findCurrent: FindCurrent;
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

const UNKNOWN_ORIGIN: TokenOrigin = { peer: "" };

/** Create an authenticator with a cache of its own. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { issuers, clock, tokenFailureLimit, keyTimeoutMs: timeoutMs } = options;
  const { maxTokenBytes = DEFAULT_MAX_TOKEN_BYTES, cacheEntries } = options;
  const findCurrent = createFindCurrent(options);
  const digestToken = createTokenDigest();
  const cache = createVerdictCache(cacheEntries);
  const spent = createVerdictCache(Math.ceil(cacheEntries / SPENT_SHARE));
  const { failedChecksPerSecond: failuresPerSecond = DEFAULT_FAILED_CHECKS_PER_SECOND } = options;
  const checks = createSignatureChecks({ clock, failuresPerSecond, knownClaimants: cacheEntries });

  function accept(verdict: Verdict, digest: string): Verdict {
    assertAcceptable(verdict, options);
    try {
      assertStillGood(verdict.principal, verdict.times, options);
    } catch (error) {
      cache.delete(digest);
      spent.set(digest, verdict);
      throw error;
    }
    cache.set(digest, verdict);
    return verdict;
  }

  /** @returns whether there was a verdict: the token was good once, and its key has been withdrawn since */
  function forgetVerdict(digest: string): boolean {
    return cache.delete(digest) || spent.delete(digest);
  }

  /** Verify a token that is not known. What comes out before its signature has proven its issuer counts as forged. */
  function verify(token: string, digest: string, { peer, leavePlace }: TokenOrigin): Promise<Principal> {
    const keyWait = { clock, timeoutMs, leavePlace };
    let isProven = false;
    const runCheck: CheckRunner<Verdict> = (claimed, check) =>
      checks.run(toClaimant(claimed, peer), async () => {
        const proven = await check();
        isProven = true;
        return accept(toVerdict(proven), digest);
      });
    const refuse = (error: unknown): never => {
      const isForged = !isProven && error instanceof AuthError && error.reason === "TOKEN_INVALID";
      if ((isForged || isOfUnknownKey(error)) && !forgetVerdict(digest)) {
        if (isForged) {
          tokenFailureLimit?.assertAllowed(peer); // the answer to one that may be good stays
        }
        tokenFailureLimit?.take(peer);
      }
      throw error;
    };
    try {
      assertTokenSize(token, maxTokenBytes);
      return verifyToken(token, issuers, { keyWait, runCheck }).then(
        ({ principal }) => findCurrent(principal),
        refuse,
      );
    } catch (error) {
      return refuse(error);
    }
  }

  /** @returns the verdict on a token that was verified before; undefined: it must be verified */
  function recall(digest: string, lookup: VerdictLookup | undefined): Verdict | undefined {
    const verdict = cache.get(digest) ?? spent.get(digest);
    const isHit = verdict?.issuer.keys.isTrusted(verdict.key) === true;
    if (lookup !== undefined) {
      lookup.cache = isHit ? "hit" : "miss";
    }
    return isHit ? verdict : undefined;
  }

  function reuse(verdict: Verdict): Principal {
    assertStillGood(verdict.principal, verdict.times, options);
    return findCurrent(verdict.principal);
  }

  return {
    authenticate(token, origin = UNKNOWN_ORIGIN, lookup) {
      const digest = digestToken(token);
      if (typeof digest === "string") {
        const verdict = recall(digest, lookup);
        return verdict === undefined ? verify(token, digest, origin) : reuse(verdict);
      }
      return digest.then((text) => {
        const verdict = recall(text, lookup);
        return verdict === undefined ? verify(token, text, origin) : reuse(verdict);
      });
    },
    forget(issuer) {
      cache.deleteAllOf(issuer);
      spent.deleteAllOf(issuer);
    },
    findCurrent,
  };
}

function toClaimant({ claims, issuer, cost }: ClaimedToken, peer: string): Claimant {
  const { sid, sub } = claims;
  const id = typeof sid === "string" ? sid : sub;
  return { peer, name: `${issuer.issuer} ${typeof id === "string" ? id : ""}`, cost };
}
