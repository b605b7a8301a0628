import type { Clock } from "./clock.ts";

/** Does one part of some work. @returns what to wait for before the next part; undefined: nothing */
export type WorkSlices = (work: () => void) => Promise<void> | undefined;

/** For how long the parts may take one after another, in milliseconds: calls and timers wait meanwhile. */
const SLICE_MS = 10;

/** Create what does work part by part, and lets everything else have its turn in between. */
export function createWorkSlices(clock: Clock): WorkSlices {
  let workedMs = 0;
  return (work) => {
    const sinceMs = clock.monotonicMs();
    work();
    workedMs += clock.monotonicMs() - sinceMs;
    if (workedMs < SLICE_MS) {
      return undefined;
    }
    workedMs = 0;
    return new Promise((resolve) => void clock.schedule(resolve, 0));
  };
}
