/** How the waits between attempts grow. */
export interface Backoff {
  /** The wait after the first failure, in milliseconds; each further failure doubles it. */
  readonly firstMs: number;
  /** The longest wait, in milliseconds. */
  readonly maxMs: number;
  /**
   * How much of a wait is random, from 0 to 1, so that those who failed together do not try again together. A wait is
   * never longer for it. Default 0.
   */
  readonly jitter?: number;
}

/**
 * Compute how long to wait before the next attempt, in milliseconds.
 *
 * @param failures how many attempts have failed in a row; less than 1 counts as 1
 * @param random from 0 up to 1. Default: drawn anew
 */
export function backoffMs(backoff: Backoff, failures: number, random: number = Math.random()): number {
  const { firstMs, maxMs, jitter = 0 } = backoff;
  const longestMs = Math.min(maxMs, firstMs * 2 ** (Math.max(1, failures) - 1));
  return longestMs * (1 - jitter + jitter * random);
}
