import { LRUCache } from "lru-cache";
import type { Clock } from "../kernel/clock.ts";

/** How many names are remembered: enough for the mistakes of old clients, too few for a flood to fill the memory. */
const MAX_NAMES = 1000;
/**
 * How long a name is remembered, in milliseconds. An issuer that signs with a key before all of its servers publish
 * it makes us wrong for so long.
 */
const NAME_TTL_MS = 2 * 60 * 1000;

/** Remembers key names that an issuer does not have. Bounded, since strangers choose the names. */
export interface NegativeKids {
  /** Check whether a name was looked for lately and not found. */
  has(name: string): boolean;
  /** Remember a name. */
  add(name: string): void;
}

/** Create an empty memory. */
export function createNegativeKids(clock: Clock): NegativeKids {
  const untilMs = new LRUCache<string, number>({ max: MAX_NAMES });
  return {
    has: (name) => clock.nowMs() < (untilMs.get(name) ?? 0),
    add(name) {
      untilMs.set(name, clock.nowMs() + NAME_TTL_MS);
    },
  };
}
