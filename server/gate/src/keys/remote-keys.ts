import type { Clock } from "../kernel/clock.ts";
import { createJwksLoader, type JwksLoaderOptions } from "./jwks-loader.ts";
import type { JwksFetch } from "./jwks-location.ts";
import type { KeyReport } from "./key-report.ts";
import type { KeySet } from "./key-set.ts";
import type { KeySource, SignatureAlgorithm } from "./key-source.ts";
import { createKeysOnDemand, unavailable } from "./keys-on-demand.ts";

/** How long keys are still used after they should have been fetched again, while the issuer is down. */
const LAST_KNOWN_GOOD_MS = 60 * 60 * 1000;

/** What {@link createRemoteKeys} needs. */
export interface RemoteKeysOptions {
  /** Fetches the key set. */
  readonly fetchJwks: JwksFetch;
  /** The algorithms that the issuer may use. */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** The values of `use` that its keys may have. Default: `sig`. */
  readonly uses?: readonly string[] | undefined;
  /** The time. */
  readonly clock: Clock;
  /** Says what went wrong, and what is odd. */
  readonly report: KeyReport;
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
 * stranger invents. While that cannot be answered, until the next fetch, the answer is "unavailable", not "no such key". A signature that a
 * known key does not verify causes no more: the two share what tokens may cause.
 */
export function createRemoteKeys(options: RemoteKeysOptions): KeySource {
  const { fetchJwks, algorithms, uses, clock, report, random = Math.random, onFetched } = options;
  const loader = createJwksLoader({ fetchJwks, algorithms, uses, clock, report, random, onFetched });

  /** Load behind the call that causes it, which does not wait: the keys at hand may still serve, and a failure sets the time of the next attempt. */
  function loadIfDue(): void {
    if (loader.loading === undefined && clock.nowMs() >= loader.retryAtMs) {
      loader.load().catch(() => {});
    }
  }

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
    loadIfDue();
    // No call came while the keys became stale: one of them may have been withdrawn long ago, so fetch first.
    return nowMs < current.freshUntilMs || loader.failures > 0 ? current.keySet : undefined;
  }

  const onDemand = createKeysOnDemand({ loader, clock, ready });
  return {
    find(kid, algorithm) {
      const keySet = ready();
      if (keySet !== undefined) {
        return keySet.find(kid, algorithm) ?? onDemand.findUnknown(kid, algorithm);
      }
      const waitMs = loader.retryAtMs - clock.nowMs();
      if (loader.loading === undefined && !(waitMs <= 0)) {
        throw unavailable(waitMs);
      }
      return onDemand.findByLoading(kid, algorithm);
    },
    isTrusted: (key) => ready()?.has(key) ?? false,
    findKnown: (kid, algorithm) => ready()?.find(kid, algorithm),
    findAgain: onDemand.findAgain,
    prefetch() {
      // Another runtime may forbid requests at start too: the first call does not wait for the time after a failure.
      if (mayRequestAtStart() && loader.current === undefined && loader.loading === undefined) {
        loader.load().catch(() => loader.forgetDelay());
      }
    },
    failure() {
      if (loader.failures > 0) {
        loadIfDue();
      }
      return report.failure;
    },
  };
}

/** Cloudflare's workers make no requests before the first call: there the keys come with it. */
function mayRequestAtStart(): boolean {
  return globalThis.navigator?.userAgent !== "Cloudflare-Workers";
}
