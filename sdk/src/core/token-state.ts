import type { Clock } from "./clock.ts";

/** How long a token lasts, and from when. */
export interface Lifetime {
  readonly lifetimeMs: number;
  /** When it was asked for, on the wall clock. */
  readonly startedAtMs: number;
}

/** When a token began on both clocks, and how long it lasts. */
export interface TokenTiming extends Lifetime {
  /** When it was asked for, on the monotonic clock. */
  readonly startedMonotonicMs: number;
  /** Chosen once per token, from 0 to 1: spreads the refreshes of many clients. */
  readonly jitter: number;
}

/** Reads both clocks. */
export type Now = Pick<Clock, "nowMs" | "monotonicMs">;

/** Compute the rest of a life, in milliseconds, below which a token is treated as expired. */
export function expiredThresholdMs(lifetimeMs: number): number {
  return Math.min(0.1 * lifetimeMs, 10_000);
}

/**
 * Compute how long ago a token was asked for, in milliseconds.
 *
 * The larger of the two clocks' differences counts: the monotonic one may sleep, the wall clock may be set back.
 */
function ageMs({ startedAtMs, startedMonotonicMs }: Omit<TokenTiming, "jitter">, now: Now): number {
  return Math.max(now.nowMs() - startedAtMs, now.monotonicMs() - startedMonotonicMs);
}

/** Compute how long a token still lasts, in milliseconds; negative when it has expired. */
export function remainingMs(timing: Omit<TokenTiming, "jitter">, now: Now): number {
  return timing.lifetimeMs - ageMs(timing, now);
}

/**
 * Compute in how many milliseconds a token becomes stale; negative when it is: with a fifth of its life left, at least
 * 10 s and at most 5 min of it, but no more than half, and up to a fifth earlier by its jitter.
 */
export function msUntilStale(timing: TokenTiming, now: Now): number {
  const { lifetimeMs, jitter } = timing;
  const thresholdMs = Math.min(lifetimeMs / 2, Math.max(0.2 * lifetimeMs, 10_000), 300_000);
  return remainingMs(timing, now) - thresholdMs * (1 + 0.2 * jitter);
}

/**
 * Compute in how many milliseconds the streams of a token are due for a newer one: at 75 to 85 % of its life, and a
 * second before its end at the latest, since networks take no less for a token that lives for a few seconds. By then the
 * newer one is there: at half of such a life it was asked for.
 */
export function msUntilRenewal(timing: TokenTiming, now: Now): number {
  const { lifetimeMs, jitter } = timing;
  const leastMs = Math.min(1_000, 0.45 * lifetimeMs);
  return remainingMs(timing, now) - Math.max((0.25 - 0.1 * jitter) * lifetimeMs, leastMs);
}

/**
 * Decide from when to count the life of a token that has just arrived.
 *
 * One that looks expired already is used for half its life, at most a minute. Without this a clock that jumps
 * during a refresh, or a refresh that takes longer than a token lasts, would start the next refresh at once and
 * never stop.
 *
 * @param asked both clocks when the token was asked for, and how long it lasts
 */
export function arrivedLifetime(asked: Omit<TokenTiming, "jitter">, now: Now): Lifetime {
  const { lifetimeMs } = asked;
  const nowMs = now.nowMs();
  if (remainingMs(asked, now) > expiredThresholdMs(lifetimeMs)) {
    return { lifetimeMs, startedAtMs: Math.floor(nowMs - ageMs(asked, now)) };
  }
  const graceMs = Math.min(lifetimeMs / 2, 60_000);
  // With what then counts as expired.
  return { lifetimeMs: graceMs / 0.9, startedAtMs: nowMs };
}
