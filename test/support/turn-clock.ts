import { createTestClock, type TestClock } from "./test-clock.ts";

/** A clock in the hands of a test, and the turns of its event loop too. */
export interface TurnClock extends TestClock {
  /** Run what was scheduled without a delay, and not what that schedules. @returns false when there is nothing */
  turn(): boolean;
}

/** Create a clock of which what has no delay waits for the test to call the next turn. */
export function createTurnClock(startMs = 0): TurnClock {
  const clock = createTestClock(startMs);
  let waiting = new Set<() => void>();
  return {
    ...clock,
    get scheduledMs() {
      return [...[...waiting].map(() => 0), ...clock.scheduledMs];
    },
    schedule(run, delayMs) {
      if (delayMs > 0) {
        return clock.schedule(run, delayMs);
      }
      const once = (): void => run();
      waiting.add(once);
      return () => void waiting.delete(once);
    },
    turn() {
      const now = waiting;
      waiting = new Set();
      for (const run of now) {
        run();
      }
      return now.size > 0;
    },
  };
}
