const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 4_000;
const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 60_000;

/**
 * Say how long to wait before the next attempt of one refresh, in milliseconds: full jitter, so that clients
 * that failed together do not come back together.
 *
 * @param attempt how many attempts have failed, from 1
 * @param random from 0 to 1
 */
export function retryDelayMs(attempt: number, random: number): number {
  return random * Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1));
}

/**
 * Say how long to leave the server alone after a refresh that failed, in milliseconds: 5 s, doubling to 60 s.
 *
 * @param failures how many refreshes have failed in a row, from 1
 */
export function pauseMs(failures: number): number {
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
}
