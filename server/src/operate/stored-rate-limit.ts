import { createHash } from "node:crypto";
import { type AddressTries, addAddressTries } from "../store/address-tries.ts";
import type { Store } from "../store/database.ts";
import type { OwnRateLimit, RateLimit } from "./rate-limit.ts";

/** What {@link shareThroughStore} needs. */
export interface StoredRateLimitOptions {
  readonly store: Store;
  /** The limit in the memory of this server, which is all that callers wait for. */
  readonly own: OwnRateLimit;
  /** Takes the tries of this server. Default: {@link own}. */
  readonly local?: RateLimit;
  /** How long tries are gathered before they are written, in milliseconds. Default 250. */
  readonly gatherMs?: number;
  /** Told of the first failure of each outage of the store. */
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
 * Count tries together with the other servers on a store.
 *
 * No caller waits for it: tries are gathered and written behind them, and the answer tells what others have counted.
 * So an address gets at each server at most what it can try while tries are gathered, and while the store cannot be
 * used, each server counts for itself. The store sees hashes of keys only.
 */
export function shareThroughStore(options: StoredRateLimitOptions): StoredRateLimit {
  const { store, own, local = own, gatherMs = GATHER_MS, onError = () => undefined } = options;
  const gathered = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isDown = false;
  let isClosed = false;

  const gather = (key: string, tries: number): void => {
    if (gathered.has(key) || gathered.size < MAX_GATHERED) {
      gathered.set(key, (gathered.get(key) ?? 0) + tries);
    }
  };
  const write = async (batch: ReadonlyMap<string, number>): Promise<void> => {
    const names = new Map([...batch.keys()].map((key) => [digest(key), key]));
    const counted: AddressTries[] = [...batch].map(([key, tries]) => ({ key: digest(key), tries }));
    for (const { key, fullAtMs } of await addAddressTries(store, counted, own.count())) {
      const name = names.get(key);
      // What came meanwhile is on its way to the store, and counts here already.
      if (name !== undefined) own.raise(name, fullAtMs, gathered.get(name) ?? 0);
    }
  };
  const flush = async (): Promise<void> => {
    timer = undefined;
    const batch = new Map([...gathered].slice(0, BATCH));
    for (const key of batch.keys()) gathered.delete(key);
    try {
      await write(batch);
      isDown = false;
    } catch (error) {
      if (!isDown) onError(error);
      isDown = true;
      for (const [key, tries] of batch) gather(key, tries);
    }
    if (gathered.size > 0) schedule();
  };
  const schedule = (): void => {
    if (isClosed) {
      return;
    }
    timer ??= setTimeout(
      () => {
        writing = flush();
      },
      isDown ? RETRY_MS : gatherMs,
    ).unref();
  };
  return {
    assertAllowed: (key) => own.assertAllowed(key),
    take(key) {
      local.take(key);
      gather(key, 1);
      schedule();
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await writing;
      if (gathered.size > 0 && !isDown) await flush();
    },
  };
}

/** Addresses are told apart by it, and are not written down. */
function digest(key: string): string {
  return createHash("sha256").update(key).digest("base64url");
}
