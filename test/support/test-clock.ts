import { type Clock, systemClock } from "../../server/gate/src/kernel/clock.ts";

/** A wall clock that stands still until it is told to go on. */
export interface WallClock extends Clock {
  /** Let time pass. */
  advance(ms: number): void;
}

/** A clock of which nothing goes on before it is told to: what is scheduled runs as the time passes, each at its time. */
export interface TestClock extends WallClock {
  /** Let time pass as a process sees it that stands still: what is due runs at the end, and each call counts from there. */
  standStill(ms: number): void;
  /** For how long each call that waits was scheduled, in milliseconds, the first due first. */
  readonly scheduledMs: readonly number[];
}

interface Scheduled {
  readonly run: () => void;
  readonly delayMs: number;
  readonly atMs: number;
}

const START_MS = Date.UTC(2026, 5, 1, 12, 0, 0);

/** Create a clock that shows a fixed time. Its timers are the machine's, for tests that wait for real databases. */
export function createWallClock(startMs = START_MS): WallClock {
  let nowMs = startMs;
  return {
    ...systemClock,
    nowMs: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}

/** Create a clock that shows a fixed time, and has its timers in the hands of the test. What has no delay runs by itself. */
export function createTestClock(startMs = START_MS): TestClock {
  let passedMs = 0;
  const waiting = new Set<Scheduled>();
  const inOrder = (): readonly Scheduled[] => [...waiting].sort((one, other) => one.atMs - other.atMs);
  return {
    nowMs: () => startMs + passedMs,
    monotonicMs: () => passedMs,
    schedule(run, delayMs) {
      const scheduled = { run, delayMs, atMs: passedMs + Math.max(0, delayMs) };
      waiting.add(scheduled);
      if (delayMs <= 0) {
        queueMicrotask(() => waiting.delete(scheduled) && run());
      }
      return () => void waiting.delete(scheduled);
    },
    advance(ms) {
      const untilMs = passedMs + ms;
      for (let next = inOrder()[0]; next !== undefined && next.atMs <= untilMs; next = inOrder()[0]) {
        waiting.delete(next);
        passedMs = Math.max(passedMs, next.atMs);
        next.run();
      }
      passedMs = untilMs;
    },
    standStill(ms) {
      passedMs += ms;
      for (const due of inOrder().filter(({ atMs }) => atMs <= passedMs)) {
        if (waiting.delete(due)) {
          due.run();
        }
      }
    },
    get scheduledMs() {
      return inOrder().map(({ delayMs }) => delayMs);
    },
  };
}
