/** Stops what {@link Clock.schedule} started. */
export type Cancel = () => void;

/** Tells the time and wakes up later. Tests hand in their own. */
export interface Clock {
  /** The wall clock, in milliseconds since 1970. It may jump either way. */
  nowMs(): number;
  /** Milliseconds since some fixed moment. It never jumps, and may stand still while the machine sleeps. */
  monotonicMs(): number;
  /** Call `run` once after `delayMs`. A pending call never keeps a process alive. */
  schedule(run: () => void, delayMs: number): Cancel;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(run, delayMs) {
    // Typed as unknown because browsers answer with a number and Node with an object.
    const timer: unknown = setTimeout(run, delayMs);
    if (isUnrefable(timer)) timer.unref();
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]);
  },
};

function isUnrefable(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer;
}
