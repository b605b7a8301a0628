import { backoffMs, PAUSE } from "./backoff.ts";

/**
 * What every tab and process of a session knows about its failed refreshes. It is stored with the session, so
 * that many tabs together are no more of a burden than one.
 */
export interface RefreshHealth {
  /** When attempts failed or were forced, on the wall clock; those of the last minute. */
  readonly strikesAtMs: readonly number[];
  /** How many refreshes have failed in a row. */
  readonly failures: number;
  /** Before this, on the wall clock, no attempt is made. */
  readonly retryAtMs: number;
  /** When a refresh was last forced by a refused token, on the wall clock. */
  readonly forcedAtMs: number;
}

/** The health of a session that has not failed. */
export const HEALTHY: RefreshHealth = { strikesAtMs: [], failures: 0, retryAtMs: 0, forcedAtMs: 0 };

const WINDOW_MS = 60_000;
const MAX_STRIKES = 6;
const MIN_FORCED_GAP_MS = 10_000;
// A clock that was set back must not lock a session out for hours.
const MAX_PAUSE_MS = 3_600_000;

/** Say for how many more milliseconds no attempt may be made; 0 when one may. */
export function blockedMs(health: RefreshHealth, nowMs: number): number {
  const pauseMs = health.retryAtMs - nowMs;
  if (pauseMs > 0 && pauseMs <= MAX_PAUSE_MS) return pauseMs;
  const oldest = recent(health, nowMs).at(-MAX_STRIKES);
  return oldest === undefined ? 0 : oldest + WINDOW_MS - nowMs;
}

/** Say how many attempts the next refresh may make before the minute's budget is used up; one in any case. */
export function attemptsLeft(health: RefreshHealth, nowMs: number): number {
  return Math.max(1, MAX_STRIKES - recent(health, nowMs).length);
}

/** Say whether a refused token may force a refresh now: at most one in 10 s. */
export function mayForce(health: RefreshHealth, nowMs: number): boolean {
  return Math.abs(nowMs - health.forcedAtMs) >= MIN_FORCED_GAP_MS && blockedMs(health, nowMs) === 0;
}

/** Note a refresh that was forced. */
export function withForced(health: RefreshHealth, nowMs: number): RefreshHealth {
  return { ...health, strikesAtMs: recent(health, nowMs).concat(nowMs), forcedAtMs: nowMs };
}

/** What a refresh that failed adds to the health of a session. */
export interface RefreshFailure {
  /** How many attempts it made. */
  readonly attempts: number;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs?: number | undefined;
}

/** Note a refresh that failed. */
export function withFailure(
  health: RefreshHealth,
  nowMs: number,
  { attempts, retryAfterMs = 0 }: RefreshFailure,
): RefreshHealth {
  const failures = health.failures + 1;
  return {
    ...health,
    failures,
    strikesAtMs: recent(health, nowMs).concat(new Array(attempts).fill(nowMs)),
    retryAtMs: nowMs + Math.max(backoffMs(PAUSE, failures), retryAfterMs),
  };
}

/** Note a refresh that worked. What failed or was forced in the last minute still counts. */
export function withSuccess(health: RefreshHealth): RefreshHealth {
  return { ...health, failures: 0, retryAtMs: 0 };
}

function recent({ strikesAtMs }: RefreshHealth, nowMs: number): number[] {
  return strikesAtMs.filter((atMs) => Math.abs(nowMs - atMs) < WINDOW_MS);
}
