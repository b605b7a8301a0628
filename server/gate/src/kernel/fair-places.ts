import { createFairQueue, type QueueSource } from "./fair-queue.ts";

/** Where something that waits comes from. */
export interface PlaceSource extends QueueSource {
  /** Whether it is of a known caller, whose place strangers must not take. */
  readonly isKnown: boolean;
}

/** Places for what waits: a fair queue of known callers, and one of strangers. */
export interface FairPlaces<T> {
  /** Let an item wait. @returns the item that has to leave, when there was no room */
  add(source: PlaceSource, item: T): T | undefined;
  /** Take the item out whose turn it is; undefined when none waits. */
  next(): T | undefined;
  /** How many wait. */
  readonly size: number;
}

/**
 * Create places for what waits. Known callers and strangers take turns.
 *
 * @param maxItems how many of each may wait
 */
export function createFairPlaces<T>(maxItems: number): FairPlaces<T> {
  const known = createFairQueue<T>(maxItems);
  const strangers = createFairQueue<T>(maxItems);
  let isTurnOfKnown = true;
  let size = 0;
  return {
    add(source, item) {
      const displaced = (source.isKnown ? known : strangers).add(source, item);
      size += displaced === undefined ? 1 : 0;
      return displaced;
    },
    next() {
      const [first, second] = isTurnOfKnown ? [known, strangers] : [strangers, known];
      isTurnOfKnown = !isTurnOfKnown;
      const item = first.next() ?? second.next();
      size -= item === undefined ? 0 : 1;
      return item;
    },
    get size() {
      return size;
    },
  };
}
