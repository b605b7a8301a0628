import { systemClock } from "./clock.ts";
import { pause } from "./timers.ts";

/**
 * Wait for the next turn of the event loop: what else waits in this one, and timers that are due, go first. Promises alone
 * let nothing else run.
 */
export function nextTurn(): Promise<void> {
  const { setImmediate: schedule } = globalThis;
  // Not all runtimes have it.
  return schedule === undefined ? pause(systemClock, 0) : new Promise((resolve) => void schedule(resolve));
}
