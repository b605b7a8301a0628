import { AuthError } from "../errors/auth-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { KeyFetch } from "../kernel/observe.ts";
import { type ImportedKeys, importKeys } from "./import-keys.ts";
import type { JwksFetch } from "./jwks-location.ts";
import type { KeyReport } from "./key-report.ts";
import { createKeySet, describeMany, type KeySet } from "./key-set.ts";
import type { SignatureAlgorithm } from "./key-source.ts";
import { failureDelayMs, freshForMs, refreshAtMs } from "./refresh-times.ts";

/** What {@link createJwksLoader} needs. */
export interface JwksLoaderOptions {
  /** Fetches the key set. */
  readonly fetchJwks: JwksFetch;
  /** The algorithms that the issuer may use. */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** The values of `use` that its keys may have. Default: `sig`. */
  readonly uses?: readonly string[] | undefined;
  /** The time. */
  readonly clock: Clock;
  /** A number from 0 up to 1, drawn anew each time. */
  readonly random: () => number;
  /** Says what went wrong, and what is odd. */
  readonly report: KeyReport;
  /** Called after each attempt. It must not throw. Default: attempts are not measured. */
  readonly onFetched?: ((fetched: Omit<KeyFetch, "issuer">) => void) | undefined;
}

/** The keys of one fetch, and when they are to be replaced. Times are in milliseconds since 1970. */
export interface KeyGeneration {
  readonly keySet: KeySet;
  readonly refreshAtMs: number;
  readonly freshUntilMs: number;
}

/** Loads the keys of one issuer, and knows how that went. Times are in milliseconds since 1970. */
export interface JwksLoader {
  /** The keys of the last fetch that succeeded. */
  readonly current: KeyGeneration | undefined;
  /** The keys of the one before. */
  readonly previous: KeySet | undefined;
  /** The fetch that is under way. */
  readonly loading: Promise<void> | undefined;
  /** How many attempts have failed in a row. */
  readonly failures: number;
  /** When the last attempt began. */
  readonly lastAttemptMs: number;
  /** Before this no attempt should be made, because the last one failed. */
  readonly retryAtMs: number;
  /**
   * Fetch the keys, once for all who ask meanwhile.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when they cannot be had
   */
  load(): Promise<void>;
  /** Let the next attempt be made at once, although the last one failed. */
  forgetDelay(): void;
}

/** Create a loader that has loaded nothing yet. */
export function createJwksLoader(options: JwksLoaderOptions): JwksLoader {
  const { fetchJwks, algorithms, uses, clock, random, report, onFetched } = options;
  let known: ImportedKeys = new Map();
  const state = {
    current: undefined as KeyGeneration | undefined,
    previous: undefined as KeySet | undefined,
    loading: undefined as Promise<void> | undefined,
    failures: 0,
    lastAttemptMs: Number.NEGATIVE_INFINITY,
    retryAtMs: Number.NEGATIVE_INFINITY,
    load,
    forgetDelay() {
      state.retryAtMs = Number.NEGATIVE_INFINITY;
    },
  };

  function load(): Promise<void> {
    state.loading ??= (onFetched === undefined ? attempt() : attemptObserved(onFetched)).finally(() => {
      state.loading = undefined;
    });
    return state.loading;
  }

  async function attemptObserved(observe: NonNullable<typeof onFetched>): Promise<void> {
    const startedMs = clock.monotonicMs();
    const tell = (result: KeyFetch["result"]): void =>
      observe({ result, microseconds: (clock.monotonicMs() - startedMs) * 1_000 });
    try {
      await attempt();
    } catch (error) {
      tell("failed");
      throw error;
    }
    tell("fetched");
  }

  async function attempt(): Promise<void> {
    state.lastAttemptMs = clock.nowMs();
    try {
      const { json, maxAgeSeconds } = await fetchJwks();
      known = await importKeys(json, { algorithms, uses, known, onPassedOver: report.odd });
      const forMs = freshForMs(maxAgeSeconds);
      const nowMs = clock.nowMs();
      state.previous = state.current?.keySet;
      state.current = {
        keySet: createKeySet(known.values(), (fitting) => report.odd(describeMany(fitting))),
        refreshAtMs: refreshAtMs(nowMs, forMs, random()),
        freshUntilMs: nowMs + forMs,
      };
      state.failures = 0;
      state.retryAtMs = Number.NEGATIVE_INFINITY;
      report.succeeded();
      if (known.size === 0) {
        report.odd(`its key set has no key for ${algorithms.join(", ")}`);
      }
    } catch (cause) {
      report.failed(cause);
      state.failures += 1;
      const retryAfterMs = failureDelayMs(state.failures, random());
      state.retryAtMs = clock.nowMs() + retryAfterMs;
      throw new AuthError("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now", {
        cause,
        retryAfterMs,
        facts: { check: "keys_unavailable", expected: "a key set", got: () => String(cause) },
      });
    }
  }

  return state;
}
