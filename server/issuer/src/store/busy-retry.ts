import type { Clock } from "@countersign/server";
import { pause } from "@countersign/server/internal";
import { isBusy } from "./store-error.ts";

/** Runs something of a SQLite database, and again while another connection keeps it locked. */
export type BusyRetry = <T>(run: () => T) => Promise<T>;

/** For how long the database may be locked before callers are refused, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** After that, each caller still has so many attempts: enough for the gaps between the writes of a busy process. */
const MIN_ATTEMPTS = 20;

/** The longest pause between two attempts, in milliseconds: an attempt costs microseconds. */
const MAX_PAUSE_MS = 5;

/** A lock that was met so long ago is not the one that is met now, in milliseconds. */
const SAME_LOCK_MS = 1_000;

/**
 * Create a retry for one connection.
 *
 * SQLite itself waits in the thread: nothing else of the process runs meanwhile, and another connection of this process
 * never ends what is waited for. So an attempt never waits, and the pauses between attempts are timers. The time that a
 * lock may last is counted once for all callers: those in a queue do not wait for it one after the other.
 */
export function createBusyRetry(clock: Clock): BusyRetry {
  let sinceMs = 0;
  let metAtMs = Number.NEGATIVE_INFINITY;

  const lockedForMs = (): number => {
    const nowMs = clock.monotonicMs();
    if (nowMs - metAtMs > SAME_LOCK_MS) {
      sinceMs = nowMs;
    }
    metAtMs = nowMs;
    return nowMs - sinceMs;
  };
  return async (run) => {
    for (let attempts = 1; ; attempts += 1) {
      try {
        const result = run();
        if (attempts > 1) {
          metAtMs = Number.NEGATIVE_INFINITY;
        }
        return result;
      } catch (error) {
        if (!isBusy(error) || (lockedForMs() >= BUSY_TIMEOUT_MS && attempts >= MIN_ATTEMPTS)) {
          throw error;
        }
      }
      await pause(clock, Math.min(attempts, MAX_PAUSE_MS));
    }
  };
}
