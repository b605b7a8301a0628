import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Clock } from "../kernel/clock.ts";
import { createJwksLoader, type JwksLoaderOptions } from "./jwks-loader.ts";
import type { JwksFetch } from "./jwks-location.ts";
import type { KeySet } from "./key-set.ts";
import type { KeySource, SignatureAlgorithm, VerificationKey } from "./key-source.ts";
import { createNegativeKids } from "./negative-kids.ts";

/** How long keys are still used after they should have been fetched again, while the issuer is down. */
const LAST_KNOWN_GOOD_MS = 60 * 60 * 1000;
/** How long after the last attempt a token with an unknown `kid` may cause another one. */
const UNKNOWN_KID_COOLDOWN_MS = 30_000;

/** What {@link createRemoteKeys} needs. */
export interface RemoteKeysOptions {
  /** Fetches the key set. */
  readonly fetchJwks: JwksFetch;
  /** The algorithms that the issuer may use. */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** The time. */
  readonly clock: Clock;
  /** A number from 0 up to 1, drawn anew each time. Default: Math.random. */
  readonly random?: () => number;
  /** Called after each fetch: see `createJwksLoader`. */
  readonly onFetched?: JwksLoaderOptions["onFetched"];
}

/**
 * Create a source of keys that an issuer publishes at a URL.
 *
 * Known keys answer at once. They are fetched again behind calls when most of their time is over; while the issuer
 * is down, the last known ones serve for another hour. A key that a fetch no longer brings stops verifying at once.
 * An unknown `kid` causes at most one fetch in 30 seconds, counted from the last attempt, however many tokens a
 * stranger invents. While that cannot be answered, the answer is "unavailable", not "no such key".
 */
export function createRemoteKeys(options: RemoteKeysOptions): KeySource {
  const { fetchJwks, algorithms, clock, random = Math.random, onFetched } = options;
  const loader = createJwksLoader({ fetchJwks, algorithms, clock, random, onFetched });
  const unknownKids = createNegativeKids(clock);

  /** The keys at hand, while they may be used without asking the issuer first. */
  function ready(): KeySet | undefined {
    const nowMs = clock.nowMs();
    const { current } = loader;
    if (current === undefined || !(nowMs < current.freshUntilMs + LAST_KNOWN_GOOD_MS)) {
      return undefined;
    }
    if (nowMs < current.refreshAtMs) {
      return current.keySet;
    }
    if (loader.loading === undefined && nowMs >= loader.retryAtMs) {
      loader.load().catch(() => {}); // the keys at hand may still serve; the failure set the time of the next attempt
    }
    // No call came while the keys became stale: one of them may have been withdrawn long ago, so fetch first.
    return nowMs < current.freshUntilMs || loader.failures > 0 ? current.keySet : undefined;
  }

  async function findByLoading(
    kid: string | undefined,
    algorithm: SignatureAlgorithm,
  ): Promise<VerificationKey | undefined> {
    try {
      await (loader.loading ?? loader.load());
    } catch (error) {
      const lastKnown = ready()?.find(kid, algorithm);
      if (lastKnown === undefined) {
        throw error;
      }
      return lastKnown;
    }
    const key = loader.current?.keySet.find(kid, algorithm);
    if (key === undefined) {
      unknownKids.add(toName(kid, algorithm));
    }
    return key;
  }

  /** Known issuer, unknown key: perhaps a new one. */
  function findUnknown(
    kid: string | undefined,
    algorithm: SignatureAlgorithm,
  ): undefined | Promise<VerificationKey | undefined> {
    if (unknownKids.has(toName(kid, algorithm))) {
      return undefined;
    }
    const cooledMs = loader.lastAttemptMs + UNKNOWN_KID_COOLDOWN_MS - clock.nowMs();
    if (loader.loading !== undefined || cooledMs <= 0) {
      return findByLoading(kid, algorithm);
    }
    if (loader.failures > 0) {
      throw unavailable(cooledMs);
    }
    return undefined;
  }

  return {
    find(kid, algorithm) {
      const keySet = ready();
      if (keySet !== undefined) {
        return keySet.find(kid, algorithm) ?? findUnknown(kid, algorithm);
      }
      const waitMs = loader.retryAtMs - clock.nowMs();
      if (loader.loading === undefined && !(waitMs <= 0)) {
        throw unavailable(waitMs);
      }
      return findByLoading(kid, algorithm);
    },
    isTrusted: (key) => ready()?.has(key) ?? false,
  };
}

function toName(kid: string | undefined, algorithm: SignatureAlgorithm): string {
  return `${algorithm} ${kid ?? ""}`;
}

function unavailable(retryAfterMs: number): AuthError {
  return createRefusal("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now", { retryAfterMs });
}
