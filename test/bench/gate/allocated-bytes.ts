import { usedBytes } from "../run/used-bytes.ts";
import type { Decider } from "./decider.ts";

/** Few enough that no garbage is collected meanwhile, enough that what else happens does not count. */
const DECISIONS = 1000;

/**
 * Say how much of the heap one decision takes, in bytes, be it kept or garbage. Only for decisions that are made at
 * once, by code that has been compiled.
 */
export function allocatedBytes(decider: Decider): number {
  decider.prepare?.(0, DECISIONS);
  usedBytes(); // collects the garbage of getting ready
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < DECISIONS; index += 1) {
    decider.decide(index);
  }
  return (process.memoryUsage().heapUsed - before) / DECISIONS;
}
