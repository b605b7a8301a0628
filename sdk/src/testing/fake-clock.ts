import type { Cancel, Clock } from "../core/clock.ts";

/** A clock that stands still until the test moves it. */
export interface FakeClock extends Clock {
  /** Let time pass on both clocks, and run in order what falls due. */
  readonly advance: (ms: number) => void;
  /** Set the wall clock forward, or back with a negative number, as a user or NTP does. */
  readonly jump: (ms: number) => void;
  /** Let the machine sleep: the wall clock goes on, the monotonic one and timers stand still. */
  readonly sleep: (ms: number) => void;
  /** How many timers are waiting. */
  readonly pending: () => number;
}

const DEFAULT_START_MS = Date.UTC(2026, 0, 1);

interface FakeTimer {
  readonly atMs: number;
  readonly run: () => void;
}

/**
 * Create a clock for tests.
 *
 * @param startMs what the wall clock shows at first, default the first of January 2026
 */
export function createFakeClock(startMs: number = DEFAULT_START_MS): FakeClock {
  let wallMs = startMs;
  let monotonicMs = 0;
  /** Those that fall due first come first. */
  const timers: FakeTimer[] = [];

  function pass(ms: number): void {
    wallMs += ms;
    monotonicMs += ms;
  }

  function advance(ms: number): void {
    const untilMs = monotonicMs + ms;
    for (let [due] = timers; due !== undefined && due.atMs <= untilMs; [due] = timers) {
      pass(Math.max(0, due.atMs - monotonicMs));
      timers.shift();
      due.run();
    }
    pass(untilMs - monotonicMs);
  }

  function schedule(run: () => void, delayMs: number): Cancel {
    const timer = { atMs: monotonicMs + delayMs, run };
    timers.splice(positionOf(timers, timer.atMs), 0, timer);
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) {
        timers.splice(index, 1);
      }
    };
  }

  return {
    nowMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    schedule,
    advance,
    jump(ms) {
      wallMs += ms;
    },
    sleep(ms) {
      wallMs += ms;
    },
    pending: () => timers.length,
  };
}

/** Where a timer belongs: behind those that fall due at the same time. */
function positionOf(timers: readonly FakeTimer[], atMs: number): number {
  let [low, high] = [0, timers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timers[middle]?.atMs ?? 0) <= atMs) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
