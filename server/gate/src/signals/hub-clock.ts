/** What a hub says of the time: when its store was read, and how long ago that was when it said so. */
export interface HubTimes {
  /** By the clock of the store, in milliseconds since 1970. */
  readonly readAtMs: number;
  /** In milliseconds. */
  readonly ageMs: number;
}

/** The clock of a hub, as one watch shows it. */
export interface HubClock {
  /**
   * Take in what the hub says, when it comes.
   *
   * @param nowMs by the monotonic clock of this server
   * @returns when the store was read, by the same clock
   */
  toLocalMs(times: HubTimes, nowMs: number): number;
}

/**
 * Create the clock of a hub. No wall clock is trusted: the hub's is put beside the monotonic clock of this server, by the
 * message that was on its way for the shortest time. What came later than that has waited in buffers, and is as much older
 * than it says.
 */
export function createHubClock(): HubClock {
  let offsetMs = Infinity;
  return {
    toLocalMs({ readAtMs, ageMs }, nowMs) {
      const sentAtMs = readAtMs + Math.max(0, ageMs);
      offsetMs = Math.min(offsetMs, nowMs - sentAtMs);
      return readAtMs + offsetMs;
    },
  };
}
