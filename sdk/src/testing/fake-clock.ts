import type { Cancel, Clock } from "../core/clock.ts";

/** A clock that stands still until it is told otherwise. */
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

interface Timer {
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
  const timers = new Set<Timer>();

  function pass(ms: number): void {
    wallMs += ms;
    monotonicMs += ms;
  }

  function advance(ms: number): void {
    const untilMs = monotonicMs + ms;
    for (let due = nextDue(timers, untilMs); due !== undefined; due = nextDue(timers, untilMs)) {
      pass(Math.max(0, due.atMs - monotonicMs));
      timers.delete(due);
      due.run();
    }
    pass(untilMs - monotonicMs);
  }

  function schedule(run: () => void, delayMs: number): Cancel {
    const timer = { atMs: monotonicMs + delayMs, run };
    timers.add(timer);
    return () => void timers.delete(timer);
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
    pending: () => timers.size,
  };
}

function nextDue(timers: ReadonlySet<Timer>, untilMs: number): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (timer.atMs <= untilMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
  }
  return first;
}
