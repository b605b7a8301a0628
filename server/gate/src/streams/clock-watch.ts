import type { Cancel, Clock } from "../kernel/clock.ts";
import { repeat } from "../kernel/timers.ts";

/** Tells of a clock that somebody has set: timers do not follow it. */
export interface ClockWatch {
  /** Be called back whenever the clock was set. */
  add(onSet: () => void): void;
  /** Be called back no more. */
  delete(onSet: () => void): void;
}

/** How often the clock is looked at, in milliseconds: this is how late a stream may end after it was set. */
const LOOK_MS = 5000;

/** Less than this is how clocks are kept right, and how exactly timers are. */
const TOLERANCE_MS = 20;

/** Create the watch of a clock. It looks once for all who wait, however many, and not while nobody does. */
export function createClockWatch(clock: Clock): ClockWatch {
  const waiting = new Set<() => void>();
  let stopLooking: Cancel | undefined;
  let aheadMs = 0;

  /** How far the clock is ahead of one that nobody can set. */
  const measure = (): number => clock.nowMs() - clock.monotonicMs();
  const look = (): void => {
    const nowAheadMs = measure();
    if (Math.abs(nowAheadMs - aheadMs) <= TOLERANCE_MS) {
      return;
    }
    aheadMs = nowAheadMs;
    for (const onSet of [...waiting]) {
      onSet();
    }
  };
  return {
    add(onSet) {
      if (waiting.size === 0) {
        aheadMs = measure();
        stopLooking = repeat(clock, look, LOOK_MS);
      }
      waiting.add(onSet);
    },
    delete(onSet) {
      if (waiting.delete(onSet) && waiting.size === 0) {
        stopLooking?.();
      }
    },
  };
}
