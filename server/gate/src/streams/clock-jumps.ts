import type { Cancel, Clock } from "../kernel/clock.ts";
import { repeat } from "../kernel/timers.ts";

/** Notifies when the clock of the machine was set: timers do not follow it. */
export interface ClockJumps {
  /** Add a listener, which is called after each jump of the clock. */
  add(onSet: () => void): void;
  /** Remove a listener. */
  delete(onSet: () => void): void;
}

/** How often the clock is looked at, in milliseconds: this is how late a stream may end after it was set. */
const LOOK_MS = 5000;

/** Less than this is how clocks are kept right, and how exactly timers are. */
const TOLERANCE_MS = 20;

/** Create the listeners to jumps of a clock. One timer serves all of them, and none runs while there is no listener. */
export function createClockJumps(clock: Clock): ClockJumps {
  const listeners = new Set<() => void>();
  let stopChecks: Cancel | undefined;
  let aheadMs = 0;

  /** How far the clock is ahead of the monotonic one, which cannot be set. */
  const measure = (): number => clock.nowMs() - clock.monotonicMs();
  const look = (): void => {
    const nowAheadMs = measure();
    if (Math.abs(nowAheadMs - aheadMs) <= TOLERANCE_MS) {
      return;
    }
    aheadMs = nowAheadMs;
    for (const onSet of [...listeners]) {
      onSet();
    }
  };
  return {
    add(onSet) {
      if (listeners.size === 0) {
        aheadMs = measure();
        stopChecks = repeat(clock, look, LOOK_MS);
      }
      listeners.add(onSet);
    },
    delete(onSet) {
      if (listeners.delete(onSet) && listeners.size === 0) {
        stopChecks?.();
      }
    },
  };
}
