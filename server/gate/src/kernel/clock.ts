/** Tells the time, so that tests can choose it. */
export interface Clock {
  /** The milliseconds since 1970. */
  nowMs(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = { nowMs: () => Date.now() };
