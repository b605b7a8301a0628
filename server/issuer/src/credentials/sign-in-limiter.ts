import type { AuthError, Clock } from "@countersign/server";
import { backoffMs, createRefusal } from "@countersign/server/internal";
import { LRUCache } from "lru-cache";
import type { SignInFailures } from "../store/sign-in-failures.ts";

/**
 * Slows down guesses at the password of one account (RFC 6749 §10.10), or those of one known caller at it. Both go by a
 * key, which names whose failures count together.
 */
export interface SignInLimiter {
  /** @throws AuthError `RATE_LIMITED` while there is time to wait after the last failure */
  assertAllowed(key: string): void | Promise<void>;
  /** Count a wrong password. */
  recordFailure(key: string): void | Promise<void>;
  /** Forget the failures: the owner is in. */
  recordSuccess(key: string): void | Promise<void>;
}

/** A limiter that knows what this server knows, and answers at once. */
export interface OwnSignInLimiter extends SignInLimiter {
  assertAllowed(key: string): void;
  recordFailure(key: string): void;
  recordSuccess(key: string): void;
}

/** Failures that cost nothing, within the window. */
const FREE_FAILURES = 5;

/** Failures are forgotten when there were none for so long, in milliseconds. */
export const FAILURE_WINDOW_MS = 15 * 60 * 1_000;

/** The longest wait is long enough to make guessing hopeless, and short enough for an owner whom a stranger annoys. */
const DELAYS = { firstMs: 1_000, maxMs: 5 * 60 * 1_000 };

/**
 * How far ahead a failure may lie, in milliseconds, since the servers of a store do not read the time at one moment. One
 * that lies further ahead is from before the clock was set back.
 */
const MAX_AHEAD_MS = 10_000;

/** A stranger who tries names at random pushes out the oldest, about 100 B each. */
const MAX_ACCOUNTS = 100_000;

/**
 * Create a limiter: 5 failures are free, then each doubles the wait, from 1 s to 5 min; 15 min without one
 * forget them all.
 */
export function createSignInLimiter(clock: Clock): OwnSignInLimiter {
  const failures = new LRUCache<string, SignInFailures>({ max: MAX_ACCOUNTS });
  return {
    assertAllowed: (account) => assertWaited(failures.get(account), clock.nowMs()),
    recordFailure(account) {
      const nowMs = clock.nowMs();
      const count = (recent(failures.get(account), nowMs)?.count ?? 0) + 1;
      failures.set(account, { count, lastAtMs: nowMs });
    },
    recordSuccess: (account) => void failures.delete(account),
  };
}

/**
 * Hold the failures of an account against the clock.
 *
 * @throws AuthError `RATE_LIMITED` when the wait after the last is not over
 */
export function assertWaited(failures: SignInFailures | undefined, nowMs: number): void {
  const known = recent(failures, nowMs);
  const aheadMs = known === undefined ? 0 : known.lastAtMs - nowMs;
  if (known === undefined || aheadMs > MAX_AHEAD_MS) {
    // How long ago it was cannot be known: one attempt is allowed, and if it fails, the next wait is as long as the count says.
    return;
  }
  const retryAfterMs = delayMsAfter(known.count) + Math.min(aheadMs, 0);
  if (!(retryAfterMs <= 0)) {
    throw tooManyFailures(retryAfterMs);
  }
}

/** Make the refusal of an attempt that has to wait. @param retryAfterMs for how long, in milliseconds */
export function tooManyFailures(retryAfterMs: number): AuthError {
  return createRefusal("RATE_LIMITED", "too many failed sign-ins: wait before the next", { retryAfterMs });
}

function recent(failures: SignInFailures | undefined, nowMs: number): SignInFailures | undefined {
  return failures !== undefined && !(nowMs - failures.lastAtMs >= FAILURE_WINDOW_MS) ? failures : undefined;
}

function delayMsAfter(count: number): number {
  return count < FREE_FAILURES ? 0 : backoffMs(DELAYS, count - FREE_FAILURES + 1);
}
