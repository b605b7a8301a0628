import { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Clock } from "../kernel/clock.ts";
import type { JwksLoader } from "./jwks-loader.ts";
import type { KeySet } from "./key-set.ts";
import type { FoundKeys, SignatureAlgorithm } from "./key-source.ts";
import { createNegativeKids } from "./negative-kids.ts";

/**
 * How long after the last attempt a token with an unknown `kid` may cause another one; and how long after the last one
 * that a token has caused, a token that its key does not verify.
 */
const COOLDOWN_MS = 30_000;

/** What {@link createKeysOnDemand} needs. */
interface KeysOnDemandOptions {
  readonly loader: JwksLoader;
  readonly clock: Clock;
  /** The keys at hand, while they may be used. */
  readonly ready: () => KeySet | undefined;
}

/** Fetches keys because of a token, and only as often as strangers may cause it: once in 30 seconds. */
interface KeysOnDemand {
  /**
   * Find a key once the keys are loaded.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when they cannot be, and none at hand fits
   */
  findByLoading(kid: string | undefined, algorithm: SignatureAlgorithm): Promise<FoundKeys>;
  /**
   * Find a key that is not at hand: perhaps it is new. One that was withdrawn just now is not.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when that cannot be known just now, with the time until it can
   */
  findUnknown(kid: string | undefined, algorithm: SignatureAlgorithm): undefined | Promise<FoundKeys>;
  /** Find a key after those at hand did not verify a signature: perhaps another one has the name now. */
  readonly findAgain: (
    kid: string | undefined,
    algorithm: SignatureAlgorithm,
  ) => undefined | Promise<FoundKeys>;
}

/** Create what fetches keys because of a token. It has fetched none yet. */
export function createKeysOnDemand({ loader, clock, ready }: KeysOnDemandOptions): KeysOnDemand {
  const unknownKids = createNegativeKids(clock);
  /** When a token that the keys at hand do not verify caused a fetch the last time. */
  let causedAtMs = Number.NEGATIVE_INFINITY;

  function noteCause(): void {
    if (loader.loading === undefined) {
      causedAtMs = clock.nowMs();
    }
  }

  async function findByLoading(kid: string | undefined, algorithm: SignatureAlgorithm): Promise<FoundKeys> {
    try {
      await (loader.loading ?? loader.load());
    } catch (error) {
      const lastKnown = ready()?.find(kid, algorithm);
      if (lastKnown === undefined) {
        throw error;
      }
      return lastKnown;
    }
    const found = loader.current?.keySet.find(kid, algorithm);
    if (found === undefined) {
      unknownKids.add(toName(kid, algorithm));
    }
    return found;
  }

  async function findRenamed(kid: string | undefined, algorithm: SignatureAlgorithm): Promise<FoundKeys> {
    try {
      await (loader.loading ?? loader.load());
    } catch {
      return undefined; // the token was not good under the keys at hand: an outage does not make it better
    }
    return loader.current?.keySet.find(kid, algorithm);
  }

  return {
    findByLoading,
    findUnknown(kid, algorithm) {
      if (unknownKids.has(toName(kid, algorithm))) {
        return undefined;
      }
      const cooledMs = loader.lastAttemptMs + COOLDOWN_MS - clock.nowMs();
      if (loader.loading !== undefined || cooledMs <= 0) {
        noteCause();
        return findByLoading(kid, algorithm);
      }
      const isWithdrawn = loader.previous?.find(kid, algorithm) !== undefined;
      if (isWithdrawn) {
        return undefined; // an issuer of several servers may bring it back, but with the next fetch at the earliest
      }
      throw loader.failures > 0 ? unavailable(cooledMs) : tooSoon(kid, cooledMs);
    },
    findAgain(kid, algorithm) {
      const nowMs = clock.nowMs();
      const isDue = nowMs >= causedAtMs + COOLDOWN_MS && nowMs >= loader.retryAtMs;
      if (loader.loading === undefined && !isDue) {
        return undefined;
      }
      noteCause();
      return findRenamed(kid, algorithm);
    },
  };
}

/** Make the refusal of a call while the keys cannot be had. */
export function unavailable(retryAfterMs: number): AuthError {
  return createRefusal("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now", {
    retryAfterMs,
    facts: { check: "keys_unavailable", expected: "a key set", got: "none since the last attempt failed" },
  });
}

const tooEarly = new WeakSet<AuthError>();

/** The issuer may have got the key since it was asked the last time: whether the token is good cannot be known before the next. */
function tooSoon(kid: string | undefined, retryAfterMs: number): AuthError {
  const refusal = createRefusal("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now", {
    retryAfterMs,
    facts: {
      check: "key",
      expected: `a key of the issuer, which is asked again in ${Math.ceil(retryAfterMs / 1_000)} s`,
      got: kid === undefined ? "no kid" : `kid ${kid}`,
    },
  });
  tooEarly.add(refusal);
  return refusal;
}

/**
 * Check whether a token was refused since its key is not known, and may be new. Strangers can make up such tokens: they count
 * as those that are forged.
 */
export function isOfUnknownKey(error: unknown): boolean {
  return error instanceof AuthError && tooEarly.has(error);
}

function toName(kid: string | undefined, algorithm: SignatureAlgorithm): string {
  return `${algorithm} ${kid ?? ""}`;
}
