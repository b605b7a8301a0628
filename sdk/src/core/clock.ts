/** Stops what {@link Clock.schedule} started. */
export type Cancel = () => void;

/** Tells the time and wakes up later. Tests hand in their own. */
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
  /** Whether a process must not end before, because somebody waits for it. Default false. */
  readonly keepsProcessAlive?: boolean;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(run, delayMs, { keepsProcessAlive = false } = {}) {
    // Typed as unknown because browsers answer with a number and Node with an object.
    const timer: unknown = setTimeout(run, delayMs);
    if (!keepsProcessAlive && isUnrefable(timer)) timer.unref();
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]);
  },
};

function isUnrefable(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer;
}
