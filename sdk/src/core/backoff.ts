/**
 * Computes how long to wait, in milliseconds.
 *
 * @param failures how many failures there were in a row, from 1
 */
export type Backoff = (failures: number) => number;

/** Create a wait that grows from the first one, doubling with each failure, to the longest. */
function createBackoff(firstMs: number, maxMs: number): Backoff {
  return (failures) => Math.min(maxMs, firstMs * 2 ** (failures - 1));
}

/** Between the attempts of one refresh, before full jitter. */
export const retryMs: Backoff = createBackoff(250, 4_000);

/** After a refresh that failed, or a store that did: for so long the server or the store is left alone. */
export const pauseMs: Backoff = createBackoff(5_000, 60_000);

/** Between openings or renewals of a stream. */
export const streamRetryMs: Backoff = createBackoff(250, 10_000);

/** When something is tried that may have failed. */
export interface Retry {
  /** How often it has failed in a row. */
  readonly failures: number;
  /** Before this, on one of the clocks, it is not tried. */
  readonly retryAtMs: number;
}

/** The state of what has not failed: it may be tried at once. */
export const NO_FAILURE: Retry = { failures: 0, retryAtMs: 0 };
