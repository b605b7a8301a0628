/**
 * How far a token has come: `fresh` is used, `stale` is used while its successor is fetched behind it, `expired`
 * waits for the successor.
 */
export type TokenState = "fresh" | "stale" | "expired";

/** When a token began, and how long it lasts. */
export interface TokenTiming {
  /** How long it lasts, counted from when it was asked for. */
  readonly lifetimeMs: number;
  /** The wall clock when it was asked for. */
  readonly startedAtMs: number;
  /** The monotonic clock when it was asked for. */
  readonly startedMonotonicMs: number;
  /** Chosen once per token, from 0 to 1: spreads the refreshes of many clients. */
  readonly jitter: number;
  /** The monotonic clock until which a token that arrived expired is used all the same. */
  readonly graceUntilMonotonicMs?: number;
}

/** Both clocks at one moment. */
export interface Instant {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

const STALE_SHARE = 0.2;
const MIN_STALE_MS = 10_000;
const MAX_STALE_MS = 300_000;
const MAX_JITTER_SHARE = 0.2;
const EXPIRED_SHARE = 0.1;
const MAX_EXPIRED_MS = 10_000;
const MAX_GRACE_MS = 60_000;
const RENEWAL_SHARE = 0.75;
const RENEWAL_JITTER_SHARE = 0.1;

/** Say how much of its life is left below which a token is stale, in milliseconds. */
export function staleThresholdMs(lifetimeMs: number, jitter: number): number {
  const wanted = Math.min(Math.max(STALE_SHARE * lifetimeMs, MIN_STALE_MS), MAX_STALE_MS);
  return Math.min(lifetimeMs / 2, wanted) * (1 + MAX_JITTER_SHARE * jitter);
}

/** Say how much of its life is left below which a token is treated as expired, in milliseconds. */
export function expiredThresholdMs(lifetimeMs: number): number {
  return Math.min(EXPIRED_SHARE * lifetimeMs, MAX_EXPIRED_MS);
}

/**
 * Say how long a token is still good for, in milliseconds; negative when it is over.
 *
 * The larger of the two clocks' differences counts: the monotonic one may sleep, the wall clock may be set back.
 */
export function remainingMs(timing: TokenTiming, now: Instant): number {
  const elapsed = Math.max(now.wallMs - timing.startedAtMs, now.monotonicMs - timing.startedMonotonicMs);
  return timing.lifetimeMs - elapsed;
}

/** Say how far a token has come. */
export function tokenState(timing: TokenTiming, now: Instant): TokenState {
  const remaining = remainingMs(timing, now);
  if (remaining > staleThresholdMs(timing.lifetimeMs, timing.jitter)) return "fresh";
  if (timing.graceUntilMonotonicMs !== undefined && now.monotonicMs < timing.graceUntilMonotonicMs) {
    return "fresh";
  }
  return remaining > expiredThresholdMs(timing.lifetimeMs) ? "stale" : "expired";
}

/** Say in how many milliseconds a token becomes stale; 0 when it is. */
export function msUntilStale(timing: TokenTiming, now: Instant): number {
  const untilStale = remainingMs(timing, now) - staleThresholdMs(timing.lifetimeMs, timing.jitter);
  const untilGraceEnds = (timing.graceUntilMonotonicMs ?? 0) - now.monotonicMs;
  return Math.max(0, untilStale, untilGraceEnds);
}

/** Say in how many milliseconds the streams of a token are due for a newer one: at 75 to 85 % of its life. */
export function msUntilRenewal(timing: TokenTiming, now: Instant): number {
  const leftShare = 1 - RENEWAL_SHARE - RENEWAL_JITTER_SHARE * timing.jitter;
  return Math.max(0, remainingMs(timing, now) - leftShare * timing.lifetimeMs);
}

/**
 * Let a token that looks expired the moment it arrives be used for half its life, at most a minute.
 *
 * Without this a clock that jumps during a refresh, or a refresh that takes longer than a token lasts, would
 * start the next refresh at once and never stop.
 */
export function withArrivalGrace(timing: TokenTiming, now: Instant): TokenTiming {
  if (remainingMs(timing, now) > expiredThresholdMs(timing.lifetimeMs)) return timing;
  const graceMs = Math.min(timing.lifetimeMs / 2, MAX_GRACE_MS);
  return { ...timing, graceUntilMonotonicMs: now.monotonicMs + graceMs };
}
