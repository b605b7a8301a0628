import { randomUUID } from "node:crypto";
import type { Cancel, Clock } from "@countersign/server";
import { pause, repeat } from "@countersign/server/internal";
import type { Store } from "./database.ts";
import { acquireLease } from "./leases.ts";
import { PRUNED, type Prune } from "./prune.ts";

/** What {@link createPruner} needs. */
export interface PrunerOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** How often to remove what has run out, in milliseconds. Default 1 h. */
  readonly everyMs?: number;
  /** How long others get between two steps at the least, in milliseconds. Default 20. */
  readonly pauseMs?: number;
  /** Called when the store could not be used. */
  readonly onError?: (error: unknown) => void;
}

/** Removes rows that have run out. */
export interface Pruner {
  /** Go to work from time to time, whenever no other server does. */
  start(): void;
  /** Stop, once the step under way is done. */
  close(): Promise<void>;
  /**
   * Go to work now, unless another server does.
   *
   * @returns how many rows were removed; undefined when another server is at it
   */
  run(): Promise<number | undefined>;
}

const HOUR_MS = 60 * 60 * 1_000;
const PAUSE_MS = 20;

/** How much longer a pause is than the step before it: the busier the store, the slower the pruner. */
const PAUSE_SHARE = 4;

/** How much of the interval a lease lasts: any server may do the next run, even if clocks and timers are a bit off. */
const LEASE_SHARE = 0.9;

/** How much of the interval passes before the first run: servers that are often started anew must come to it. */
const FIRST_SHARE = 1 / 60;

/** Create the pruner of a server. Of all servers on a store, one prunes. */
export function createPruner(options: PrunerOptions): Pruner {
  const { store, clock, everyMs = HOUR_MS, pauseMs = PAUSE_MS, onError = () => undefined } = options;
  const holder = randomUUID();
  let cancelFirst: Cancel | undefined;
  let stopRuns: Cancel | undefined;
  /** The run under way: after a long one, the next is skipped. */
  let running: Promise<unknown> | undefined;
  let isClosed = false;

  const pruneTable = async (prune: Prune): Promise<number> => {
    let removed = 0;
    for (let hasMore = true; hasMore && !isClosed; ) {
      const startMs = clock.monotonicMs();
      const step = await prune(store, clock.nowMs());
      removed += step.removed;
      hasMore = step.hasMore;
      await pause(clock, Math.max(pauseMs, PAUSE_SHARE * (clock.monotonicMs() - startMs)));
    }
    return removed;
  };
  const run = async (): Promise<number | undefined> => {
    const request = { name: "prune", holder, ttlMs: everyMs * LEASE_SHARE, nowMs: clock.nowMs() };
    if (!(await acquireLease(store, request))) {
      return undefined;
    }
    let removed = 0;
    for (const prune of PRUNED) {
      removed += await pruneTable(prune);
    }
    return removed;
  };
  return {
    start() {
      const work = (): void => {
        running ??= run()
          .catch(onError)
          .finally(() => {
            running = undefined;
          });
      };
      cancelFirst = clock.schedule(work, everyMs * FIRST_SHARE);
      stopRuns = repeat(clock, work, everyMs);
    },
    async close() {
      isClosed = true;
      cancelFirst?.();
      stopRuns?.();
      await running;
    },
    run,
  };
}
