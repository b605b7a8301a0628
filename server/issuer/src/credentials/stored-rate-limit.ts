import { createHash } from "node:crypto";
import type { Cancel, Clock, RateLimit } from "@countersign/server";
import { type OwnRateLimit, systemClock } from "@countersign/server/internal";
import { type AddressAttempts, addAddressAttempts } from "../store/address-attempts.ts";
import type { Store } from "../store/database.ts";

/** What {@link shareThroughStore} needs. */
export interface StoredRateLimitOptions {
  readonly store: Store;
  /** The limit in the memory of this server, which is all that callers wait for. */
  readonly own: OwnRateLimit;
  /** Takes the attempts of this server. Default: {@link own}. */
  readonly local?: RateLimit;
  /** How long attempts are gathered before they are written, in milliseconds. Default 250. */
  readonly gatherMs?: number;
  /** The time. Default: the machine's. */
  readonly clock?: Clock;
  /** Receives the first failure of each outage of the store. */
  readonly onError?: (error: unknown) => void;
}

/** A limit that all servers on one store count together. */
export interface StoredRateLimit extends RateLimit {
  /** Write what has been gathered, and stop. */
  close(): Promise<void>;
}

const GATHER_MS = 250;

/** How long to wait after a failure, in milliseconds. */
const RETRY_MS = 2_000;

/** How many addresses are gathered: strangers can cause more, and those count at this server only. */
const MAX_GATHERED = 5_000;

/** How many go into one statement: below the limits on parameters of both databases. */
const BATCH = 500;

/**
 * Count attempts together with the other servers on a store.
 *
 * No caller waits for it: attempts are gathered and written behind them, and the answer of the store has what others
 * have counted. So an address gets at each server at most what it can try while attempts are gathered, and while the
 * store cannot be used, each server counts for itself. The store sees hashes of keys only.
 */
export function shareThroughStore(options: StoredRateLimitOptions): StoredRateLimit {
  const {
    store,
    own,
    local = own,
    gatherMs = GATHER_MS,
    clock = systemClock,
    onError = () => undefined,
  } = options;
  const gathered = createTally();
  let cancelFlush: Cancel | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isDown = false;
  let isClosed = false;

  const write = async (batch: ReadonlyMap<string, number>): Promise<void> => {
    const names = new Map<string, string>();
    const counted: AddressAttempts[] = [];
    for (const [name, attempts] of batch) {
      const key = digest(name);
      names.set(key, name);
      counted.push({ key, attempts });
    }
    for (const { key, fullAtMs } of await addAddressAttempts(store, counted, own.count())) {
      const name = names.get(key);
      // What came meanwhile is on its way to the store, and counts here already.
      if (name !== undefined) {
        own.raise(name, fullAtMs, gathered.of(name));
      }
    }
  };
  const flush = async (): Promise<void> => {
    cancelFlush = undefined;
    const batch = gathered.takeSome(BATCH);
    try {
      await write(batch);
      isDown = false;
    } catch (error) {
      if (!isDown) {
        onError(error);
      }
      isDown = true;
      for (const [key, attempts] of batch) {
        gathered.add(key, attempts);
      }
    }
    if (!gathered.isEmpty()) {
      schedule();
    }
  };
  const start = (): void => {
    writing = flush();
  };
  const schedule = (): void => {
    if (!isClosed) {
      cancelFlush ??= clock.schedule(start, isDown ? RETRY_MS : gatherMs);
    }
  };
  return {
    assertAllowed: (key) => own.assertAllowed(key),
    take(key) {
      local.take(key);
      gathered.add(key, 1);
      schedule();
    },
    async close() {
      isClosed = true;
      cancelFlush?.();
      await writing;
      if (!gathered.isEmpty() && !isDown) {
        await flush();
      }
    },
  };
}

/** How often each key was counted, of as many keys as there is room for. */
function createTally() {
  const tally = new Map<string, number>();
  return {
    of: (key: string): number => tally.get(key) ?? 0,
    isEmpty: (): boolean => tally.size === 0,
    add(key: string, count: number): void {
      if (tally.has(key) || tally.size < MAX_GATHERED) {
        tally.set(key, (tally.get(key) ?? 0) + count);
      }
    },
    /** Take the oldest keys out. */
    takeSome(count: number): ReadonlyMap<string, number> {
      const some = new Map([...tally].slice(0, count));
      for (const key of some.keys()) {
        tally.delete(key);
      }
      return some;
    },
  };
}

/** It identifies an address in the store, which does not get the address itself. */
function digest(key: string): string {
  return createHash("sha256").update(key).digest("base64url");
}
