/** How a wait grows: from the first one, doubling with each failure, to the longest. In milliseconds. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Between the attempts of one refresh, before full jitter. */
export const RETRY: Backoff = { firstMs: 250, maxMs: 4_000 };

/** After a refresh that failed, or a store that did: for so long the server or the store is left alone. */
export const PAUSE: Backoff = { firstMs: 5_000, maxMs: 60_000 };

/** Between openings or renewals of a stream. */
export const STREAM_RETRY: Backoff = { firstMs: 250, maxMs: 10_000 };

/**
 * Say how long to wait, in milliseconds.
 *
 * @param failures how many failures there were in a row, from 1
 */
export function backoffMs({ firstMs, maxMs }: Backoff, failures: number): number {
  return Math.min(maxMs, firstMs * 2 ** (failures - 1));
}
