import { NO_FAILURE, pauseMs as pauseAfterMs } from "./backoff.ts";
import type { RefreshHealth, RefreshIntent, SignedInEntry } from "./store.ts";

/** The health of a session that has not failed. */
export const HEALTHY: RefreshHealth = { ...NO_FAILURE, strikesAtMs: [], forcedAtMs: 0 };

/** What is known about the refreshes of a session. */
type Budget = Pick<SignedInEntry, "health" | "intent">;

/** How long all attempts of one refresh may take. */
export const MAX_TOTAL_MS = 20_000;

const WINDOW_MS = 60_000;
const MAX_STRIKES = 6;

/** Compute for how many more milliseconds no attempt may be made; 0 when one may. */
export function blockedMs(health: RefreshHealth, nowMs: number): number {
  const pauseMs = health.retryAtMs - nowMs;
  // A clock that was set back must not lock a session out.
  if (pauseMs > 0 && nowMs > lastStrikeMs(health) - WINDOW_MS) {
    return pauseMs;
  }
  const oldest = recent(health, nowMs).at(-MAX_STRIKES);
  return oldest === undefined ? 0 : oldest + WINDOW_MS - nowMs;
}

/** Compute how many more attempts fit into the minute's budget, if those under way should fail. */
export function attemptsLeft({ health, intent }: Budget, nowMs: number): number {
  return MAX_STRIKES - recent(health, nowMs).length - (intent ? attemptsUnderWay(intent, nowMs) : 0);
}

/** Note an attempt that begins. */
export function withAttempt(intent: RefreshIntent, nowMs: number): RefreshIntent {
  return { ...intent, startedAtMs: nowMs, underWay: attemptsUnderWay(intent, nowMs) + 1 };
}

/** Note an attempt that has ended. */
export function withoutAttempt(intent: RefreshIntent | undefined): RefreshIntent | undefined {
  return intent && { ...intent, underWay: Math.max(0, (intent.underWay ?? 0) - 1) };
}

/** Compute for how many more milliseconds no token may be replaced before its time: once in 10 s it may. */
export function msUntilForce(health: RefreshHealth, nowMs: number): number {
  const minForcedGapMs = 10_000;
  return minForcedGapMs - Math.abs(nowMs - health.forcedAtMs);
}

/** Note a refresh that was forced. */
export function withForced(health: RefreshHealth, nowMs: number): RefreshHealth {
  return withStrike(health, nowMs, { forcedAtMs: nowMs });
}

/**
 * Note an attempt that failed.
 *
 * @param pauseMs how long the server is left alone, in all tabs
 */
export function withFailedAttempt(health: RefreshHealth, nowMs: number, pauseMs = 0): RefreshHealth {
  return withStrike(health, nowMs, { retryAtMs: nowMs + pauseMs });
}

/**
 * Note a refresh that failed with its last attempt.
 *
 * @param retryAfterMs how long the server asked to be left alone
 */
export function withFailure(health: RefreshHealth, nowMs: number, retryAfterMs = 0): RefreshHealth {
  const failures = health.failures + 1;
  const retryAtMs = nowMs + Math.max(pauseAfterMs(failures), retryAfterMs);
  return withStrike(health, nowMs, { failures, retryAtMs });
}

function withStrike(health: RefreshHealth, nowMs: number, change: Partial<RefreshHealth>): RefreshHealth {
  return { ...health, strikesAtMs: [...recent(health, nowMs), nowMs], ...change };
}

/**
 * Note that the network is back. What failed without it does not count, but a time that the server asked for does.
 *
 * @returns the same health when there is nothing to forget
 */
export function withNetwork(health: RefreshHealth): RefreshHealth {
  const { failures, retryAtMs, forcedAtMs } = health;
  const wasAsked = retryAtMs > lastStrikeMs(health) + pauseAfterMs(failures);
  return failures === 0 || wasAsked ? health : { ...HEALTHY, forcedAtMs };
}

/** Note a refresh that worked. What failed or was forced in the last minute still counts. */
export function withSuccess(health: RefreshHealth): RefreshHealth {
  return { ...health, ...NO_FAILURE };
}

/** How many attempts have begun and not ended, in all tabs. Those of a process that was killed do not count for long. */
function attemptsUnderWay(intent: RefreshIntent, nowMs: number): number {
  return Math.abs(nowMs - intent.startedAtMs) < MAX_TOTAL_MS ? (intent.underWay ?? 0) : 0;
}

function lastStrikeMs({ strikesAtMs }: RefreshHealth): number {
  return strikesAtMs.at(-1) ?? 0;
}

function recent({ strikesAtMs }: RefreshHealth, nowMs: number): number[] {
  return strikesAtMs.filter((atMs) => Math.abs(nowMs - atMs) < WINDOW_MS);
}
