import type { Clock } from "../clock.ts";
import { AuthError } from "../errors/auth-error.ts";
import { importKeys } from "./import-keys.ts";
import type { JwksFetch } from "./jwks-location.ts";
import { createKeySet, type KeySet } from "./key-set.ts";
import type { KeySource, SignatureAlgorithm, VerificationKey } from "./key-source.ts";
import { createNegativeKids } from "./negative-kids.ts";
import { failureDelayMs, freshForMs, refreshAtMs } from "./refresh-times.ts";

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
}

/** The keys of one fetch, and when they are to be replaced. */
interface Generation {
  readonly keySet: KeySet;
  readonly refreshAtMs: number;
  readonly freshUntilMs: number;
}

/**
 * Create a source of keys that an issuer publishes at a URL.
 *
 * Known keys answer at once, always. Keys are fetched again behind calls when most of their time is over; while
 * the issuer is down, the last known ones serve for another hour. A key that a fetch no longer brings stops
 * verifying at once. An unknown `kid` causes at most one fetch in 30 seconds, counted from the last attempt,
 * however many tokens a stranger invents.
 */
export function createRemoteKeys(options: RemoteKeysOptions): KeySource {
  const { fetchJwks, algorithms, clock, random = Math.random } = options;
  const unknownKids = createNegativeKids(clock);
  let current: Generation | undefined;
  let loading: Promise<void> | undefined;
  let failures = 0;
  let lastAttemptMs = Number.NEGATIVE_INFINITY;
  let retryAtMs = Number.NEGATIVE_INFINITY;

  async function load(): Promise<void> {
    lastAttemptMs = clock.nowMs();
    try {
      const { json, maxAgeSeconds } = await fetchJwks();
      const keys = await importKeys(json, algorithms);
      const forMs = freshForMs(maxAgeSeconds);
      const nowMs = clock.nowMs();
      current = {
        keySet: createKeySet(keys),
        refreshAtMs: refreshAtMs(nowMs, forMs, random()),
        freshUntilMs: nowMs + forMs,
      };
      failures = 0;
      retryAtMs = Number.NEGATIVE_INFINITY;
      unknownKids.clear();
    } catch (cause) {
      failures += 1;
      retryAtMs = clock.nowMs() + failureDelayMs(failures, random());
      throw new AuthError("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now", {
        cause,
        retryAfterMs: retryAtMs - clock.nowMs(),
      });
    }
  }

  /** Load once, for everyone who asks meanwhile. */
  function loadOnce(): Promise<void> {
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  function usable(): KeySet | undefined {
    return current !== undefined && clock.nowMs() < current.freshUntilMs + LAST_KNOWN_GOOD_MS
      ? current.keySet
      : undefined;
  }

  function refreshBehind(): void {
    const nowMs = clock.nowMs();
    if (current !== undefined && nowMs >= current.refreshAtMs && nowMs >= retryAtMs) {
      loadOnce().catch(() => {}); // the keys at hand still serve; the next try is set by the failure
    }
  }

  async function findByLoading(
    kid: string | undefined,
    algorithm: SignatureAlgorithm,
  ): Promise<VerificationKey | undefined> {
    const nowMs = clock.nowMs();
    if (loading === undefined && nowMs < retryAtMs) {
      throw new AuthError("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now", {
        retryAfterMs: retryAtMs - nowMs,
      });
    }
    await loadOnce();
    return current?.keySet.find(kid, algorithm);
  }

  /** Known issuer, unknown key: perhaps a new one. An outage here says nothing about the token's fault. */
  function findUnknown(
    kid: string | undefined,
    algorithm: SignatureAlgorithm,
  ): undefined | Promise<VerificationKey | undefined> {
    const name = `${algorithm} ${kid ?? ""}`;
    if (unknownKids.has(name) || clock.nowMs() < lastAttemptMs + UNKNOWN_KID_COOLDOWN_MS) {
      return undefined;
    }
    unknownKids.add(name);
    return findByLoading(kid, algorithm);
  }

  return {
    find(kid, algorithm) {
      refreshBehind();
      const keySet = usable();
      if (keySet === undefined) {
        return findByLoading(kid, algorithm);
      }
      return keySet.find(kid, algorithm) ?? findUnknown(kid, algorithm);
    },
    isTrusted: (key) => {
      refreshBehind();
      return usable()?.has(key) ?? false;
    },
  };
}
