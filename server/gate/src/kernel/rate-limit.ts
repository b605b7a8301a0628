import { LRUCache } from "lru-cache";
import { createRefusal } from "../errors/refusal.ts";
import { type Clock, resolveClock } from "./clock.ts";
import { assertOptions, OBJECT, type OptionForm, required } from "./option-forms.ts";

/** How often something may happen. */
export interface RateLimitOptions {
  /** How many times within the window, for each key. Infinity: as often as it likes. */
  readonly limit: number;
  readonly windowMs: number;
  /** The time. Default: the machine's. */
  readonly clock?: Clock;
  /** What too many of it are, as a sentence without a full stop: it is sent to the caller. */
  readonly message: string;
}

const POSITIVE: OptionForm = {
  says: "must be a positive number",
  accepts: (value) => typeof value === "number" && value > 0,
};

const FORMS: Readonly<Record<keyof RateLimitOptions, OptionForm>> = {
  limit: required(POSITIVE),
  windowMs: required(POSITIVE),
  clock: OBJECT,
  message: required({ says: "must be a text", accepts: (value) => typeof value === "string" }),
};

/** Counts what callers do, in the memory of one server, and makes them wait when it is too much. */
export interface RateLimit {
  /** @throws AuthError `RATE_LIMITED` when the key has no more attempts left, with the time to wait for the next */
  assertAllowed(key: string): void;
  /** Count one attempt. */
  take(key: string): void;
}

/** A limit in the memory of one server, which can learn what others have counted. */
export interface OwnRateLimit extends RateLimit {
  /** How it counts, now. */
  count(): { readonly stepMs: number; readonly windowMs: number; readonly nowMs: number };
  /**
   * Learn when all attempts of a key will have grown back.
   *
   * @param attempts how many more were made than that takes into account
   */
  raise(key: string, fullAtMs: number, attempts: number): void;
}

/** A stranger with many addresses pushes out the oldest, about 100 B each. */
const MAX_KEYS = 100_000;

/**
 * Create a limit: a whole window's attempts at once, and from then on one for each that grows back.
 *
 * It keeps one number for each key: when all its attempts will have grown back (the generic cell rate algorithm).
 *
 * @throws TypeError when an option has no known name, or is missing or not of its kind
 */
export function createRateLimit(options: RateLimitOptions): OwnRateLimit {
  assertOptions("createRateLimit", options, FORMS);
  const { limit, windowMs, message } = options;
  const clock = resolveClock(options.clock);
  const fullAt = new LRUCache<string, number>({ max: MAX_KEYS });
  const stepMs = windowMs / limit;
  const waitMs = (key: string): number => (fullAt.get(key) ?? 0) + stepMs - windowMs - clock.nowMs();
  return {
    assertAllowed(key) {
      const retryAfterMs = Math.ceil(waitMs(key));
      if (!(retryAfterMs <= 0)) {
        throw createRefusal("RATE_LIMITED", message, {
          retryAfterMs,
          facts: { check: "rate", expected: `${limit} in ${windowMs} ms`, got: "more" },
        });
      }
    },
    take(key) {
      // Attempts that were under way together may be more than were allowed; they cost no more than the whole window.
      const nowMs = clock.nowMs();
      fullAt.set(key, Math.min(Math.max(fullAt.get(key) ?? 0, nowMs) + stepMs, nowMs + windowMs));
    },
    count: () => ({ stepMs, windowMs, nowMs: clock.nowMs() }),
    raise(key, fullAtMs, attempts) {
      const known = Math.min(fullAtMs + attempts * stepMs, clock.nowMs() + windowMs);
      fullAt.set(key, Math.max(fullAt.get(key) ?? 0, known));
    },
  };
}
