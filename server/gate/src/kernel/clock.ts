/** Stops what {@link Clock.schedule} started; when that has run, it does nothing. */
export type Cancel = () => void;

/**
 * Reads the time and runs functions later. Tests hand in their own. The SDK has the same shape: a test holds both
 * equal.
 */
export interface Clock {
  /** The wall clock, in milliseconds since 1970. An operator or NTP can set it: it may jump either way. */
  nowMs(): number;
  /** Milliseconds since some fixed moment. It never jumps, and may stand still while the machine sleeps. */
  monotonicMs(): number;
  /**
   * Call `run` once after `delayMs` milliseconds, however many they are; after Infinity, never. The delay is measured
   * on the monotonic clock: a wall clock that is set does not move it.
   *
   * @throws TypeError when the delay is no number
   */
  schedule(run: () => void, delayMs: number, options?: ScheduleOptions): Cancel;
}

/** How to wait. */
export interface ScheduleOptions {
  /** Whether the process must not end before, because a caller waits for it. Default false. */
  readonly keepsProcessAlive?: boolean;
}

/** The longest that a timer of any platform waits, in milliseconds: given more, it fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A timer as Node has it; the other platforms have a number, and end when they please. */
type Timer = ReturnType<typeof setTimeout> & { readonly unref?: () => void };

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(run, delayMs, options) {
    // A timer fires at once for one that is no number, and this one would be armed again and again.
    if (typeof delayMs !== "number" || Number.isNaN(delayMs)) {
      throw new TypeError("delayMs must be a number of milliseconds");
    }
    let timer: Timer;
    const wait = (leftMs: number): void => {
      timer =
        leftMs <= MAX_TIMER_MS
          ? setTimeout(run, leftMs)
          : setTimeout(() => wait(leftMs - MAX_TIMER_MS), MAX_TIMER_MS);
      if (options?.keepsProcessAlive !== true) {
        timer.unref?.();
      }
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Check the clock of an option `clock`, and take the machine's when there is none. Without a method, or with a time that is
 * no number, a server would start and fail later.
 *
 * @throws TypeError that says what is missing
 */
export function resolveClock(clock: Clock = systemClock): Clock {
  // What comes from JavaScript may be anything.
  const given: Partial<Clock> | null = clock;
  for (const name of ["nowMs", "monotonicMs", "schedule"] as const) {
    if (typeof given?.[name] !== "function") {
      throw new TypeError(`clock.${name} must be a function`);
    }
  }
  for (const name of ["nowMs", "monotonicMs"] as const) {
    if (!Number.isFinite(clock[name]())) {
      throw new TypeError(`clock.${name} must return a number of milliseconds`);
    }
  }
  return clock;
}
