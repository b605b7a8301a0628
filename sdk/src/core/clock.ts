/** Stops what {@link Clock.schedule} started. */
export type Cancel = () => void;

/** Reads the time and runs functions later. Tests pass a clock of their own. */
export interface Clock {
  /** The wall clock, in milliseconds since 1970. It may jump either way. */
  nowMs(): number;
  /** Milliseconds since some fixed moment. It never jumps, and may stand still while the machine sleeps. */
  monotonicMs(): number;
  /** Call `run` once after `delayMs`. */
  schedule(run: () => void, delayMs: number, options?: ScheduleOptions): Cancel;
}

/** How to wait. */
export interface ScheduleOptions {
  /** Whether the process must not end before, because a caller waits for it. Default false. */
  readonly keepsProcessAlive?: boolean;
}

/** A timer as browsers have it, a number, or as Node has it. */
type Timer = Parameters<typeof clearTimeout>[0] & { readonly unref?: () => void };

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(run, delayMs, options) {
    // Typed by whichever of the two is installed: hence the cast.
    const timer = setTimeout(run, delayMs) as Timer;
    if (!options?.keepsProcessAlive) {
      timer.unref?.();
    }
    return () => clearTimeout(timer);
  },
};
