import type { Clock } from "../../server/gate/src/kernel/clock.ts";

/** A clock that stands still until it is told to go on. */
export interface TestClock extends Clock {
  /** Let time pass. */
  advance(ms: number): void;
}

/** Create a clock that shows a fixed time. */
export function createTestClock(startMs = Date.UTC(2026, 5, 1, 12, 0, 0)): TestClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}
