import type { Watcher } from "./watcher.ts";

/** Hands what is new to the watchers. */
export interface WakeUps {
  /** Wake all of them. */
  readonly wakeAll: () => void;
}

/** How many watchers are woken in one turn of the event loop: a millisecond or less, in which no other call is served. */
const SLICE = 64;

/** Create what wakes watchers, a slice of them in each turn of the event loop. @param watchers those that there are */
export function createWakeUps(watchers: ReadonlySet<Watcher>): WakeUps {
  let round: Iterator<Watcher> | undefined;
  let isAgain = false;
  const wakeSlice = (): void => {
    for (let woken = 0; woken < SLICE && round !== undefined; woken += 1) {
      const { value: watcher } = round.next();
      if (watcher === undefined) {
        round = isAgain ? watchers.values() : undefined;
        isAgain = false;
      } else {
        watcher.wake();
      }
    }
    if (round !== undefined) {
      setImmediate(wakeSlice);
    }
  };
  return {
    wakeAll() {
      if (round === undefined) {
        round = watchers.values();
        wakeSlice();
      } else {
        // Those that were woken already have not seen it.
        isAgain = true;
      }
    },
  };
}
