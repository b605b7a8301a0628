import { backoffMs } from "../kernel/backoff.ts";

/** How long keys are fresh when the issuer does not say, in seconds. */
const DEFAULT_FRESH_SECONDS = 600;
const MIN_FRESH_SECONDS = 60;
const MAX_FRESH_SECONDS = 3600;

/** How long to wait after a failed fetch: all of it is random, since all servers see an outage at once. */
const FETCH_BACKOFF = { firstMs: 1_000, maxMs: 60_000, jitter: 1 };

/**
 * Compute how long a key set is fresh.
 *
 * @param maxAgeSeconds what the issuer says, clamped to between a minute and an hour; undefined: ten minutes
 * @returns milliseconds
 */
export function freshForMs(maxAgeSeconds: number | undefined): number {
  const seconds = maxAgeSeconds ?? DEFAULT_FRESH_SECONDS;
  return Math.min(MAX_FRESH_SECONDS, Math.max(MIN_FRESH_SECONDS, seconds)) * 1000;
}

/**
 * Compute when a key set is to be fetched again: after 70 to 90 % of its time, so that servers that started together
 * do not ask together.
 *
 * @param random from 0 up to 1
 */
export function refreshAtMs(nowMs: number, forMs: number, random: number): number {
  return nowMs + forMs * (0.7 + 0.2 * random);
}

/**
 * Compute how long to wait after a failure: full jitter under a cap that doubles from 1 to 60 seconds.
 *
 * @param failures how many attempts have failed in a row, at least 1
 * @param random from 0 up to 1
 */
export function failureDelayMs(failures: number, random: number): number {
  return backoffMs(FETCH_BACKOFF, failures, random);
}
