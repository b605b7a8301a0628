import type { Cancel, Clock } from "@countersign/server";
import { repeat } from "@countersign/server/internal";
import { sql } from "kysely";
import type { Store } from "./database.ts";

/** The time that all servers on one store go by. */
export interface StoreClock extends Clock {
  /**
   * Set it, and go on setting it.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be reached
   */
  start(): Promise<void>;
  /** Stop setting it; it goes on as it is. */
  close(): void;
  /** By how much it is ahead of the machine's own clock, in milliseconds. */
  aheadMs(): number;
}

/** What {@link createStoreClock} needs. */
export interface StoreClockOptions {
  readonly store: Store;
  /** The machine's own clock. */
  readonly machine: Clock;
  /** How often it is set, in milliseconds. Default 10 s. */
  readonly everyMs?: number;
  /** Called when the store could not be asked; the clock goes on by itself. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const EVERY_MS = 10_000;

/** An answer that took longer says little about the time. */
const TOO_SLOW_MS = 500;

/**
 * Create the clock of a store: the database's on Postgres, the machine's on SQLite, which only one machine uses.
 *
 * Servers that go by one clock cannot disagree about what has expired, whatever their own clocks show.
 */
export function createStoreClock(options: StoreClockOptions): StoreClock {
  const { store, machine, onError = () => undefined } = options;
  /** Time of the database less that of this process, which cannot be set. */
  let aheadOfProcessMs: number | undefined;
  let stopSetting: Cancel | undefined;
  const nowMs = (): number =>
    aheadOfProcessMs === undefined ? machine.nowMs() : Math.round(machine.monotonicMs() + aheadOfProcessMs);
  const set = async (): Promise<void> => {
    const beforeMs = machine.monotonicMs();
    const storeMs = await readDatabaseTime(store);
    if (aheadOfProcessMs !== undefined && machine.monotonicMs() - beforeMs > TOO_SLOW_MS) {
      return;
    }
    // Assumes that the request took as long as the answer.
    aheadOfProcessMs = storeMs - (beforeMs + machine.monotonicMs()) / 2;
  };
  return {
    nowMs,
    monotonicMs: () => machine.monotonicMs(),
    schedule: (run, delayMs, how) => machine.schedule(run, delayMs, how),
    async start() {
      if (store.dialect === "postgres") {
        await set();
        stopSetting = repeat(machine, () => void set().catch(onError), options.everyMs ?? EVERY_MS);
      }
    },
    close: () => stopSetting?.(),
    aheadMs: () => nowMs() - machine.nowMs(),
  };
}

async function readDatabaseTime(store: Store): Promise<number> {
  const time = sql<{ ms: number }>`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`;
  const { rows } = await time.execute(store.db);
  return rows[0]?.ms ?? Number.NaN;
}
