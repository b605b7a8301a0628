import type { Cancel, Clock, ScheduleOptions } from "./clock.ts";

/** For a wait that a caller has to see the end of. */
export const KEEPS_PROCESS_ALIVE: ScheduleOptions = { keepsProcessAlive: true };

/** Call `run` every `everyMs` milliseconds until it is cancelled. It does not keep the process alive. */
export function repeat(clock: Clock, run: () => void, everyMs: number): Cancel {
  let cancel = clock.schedule(again, everyMs);
  function again(): void {
    // First the next one: `run` may throw, or cancel.
    cancel = clock.schedule(again, everyMs);
    run();
  }
  return () => cancel();
}

/** Resolve after `delayMs` milliseconds, or as soon as the signal is aborted. Until then the process does not end. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const end = (): void => {
      cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.schedule(end, delayMs, KEEPS_PROCESS_ALIVE);
    signal?.addEventListener("abort", end);
  });
}

/** In how many parts {@link scheduleAwake} waits. */
const AWAKE_PARTS = 10;

/**
 * Call `run` once after `delayMs` milliseconds in which this process was able to work. It waits in parts, and a part that ends
 * late counts no more than its length: a process that stood still, as one does that loads its modules, has not read what came
 * meanwhile, and must not hold that against the sender.
 */
export function scheduleAwake(
  clock: Clock,
  run: () => void,
  { delayMs, ...options }: ScheduleOptions & { readonly delayMs: number },
): Cancel {
  const partMs = delayMs / AWAKE_PARTS;
  let left = AWAKE_PARTS;
  let cancel = clock.schedule(next, partMs, options);
  function next(): void {
    left -= 1;
    if (left === 0) {
      run();
      return;
    }
    cancel = clock.schedule(next, partMs, options);
  }
  return () => cancel();
}
