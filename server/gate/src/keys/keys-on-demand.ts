import type { AuthError } from "../errors/auth-error.ts";
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
   * Find a key that is not at hand: perhaps it is new.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when that cannot be known just now
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
      if (loader.failures > 0) {
        throw unavailable(cooledMs);
      }
      return undefined;
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

function toName(kid: string | undefined, algorithm: SignatureAlgorithm): string {
  return `${algorithm} ${kid ?? ""}`;
}
