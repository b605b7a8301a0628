import type { Clock } from "./clock.ts";
import { KEEPS_PROCESS_ALIVE } from "./timers.ts";

/**
 * Create the promise of what a server waits for before it listens. The process does not end before it is settled: nothing but
 * a retry may be under way, and Node ends a process that only awaits. That it is rejected may be of no interest to the
 * application, and ends no process.
 */
export function createReadiness(clock: Clock): PromiseWithResolvers<void> {
  const ready = Promise.withResolvers<void>();
  const letGo = clock.schedule(() => {}, Infinity, KEEPS_PROCESS_ALIVE);
  ready.promise.then(letGo, letGo);
  return ready;
}
