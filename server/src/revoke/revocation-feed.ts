import type { Clock } from "../clock.ts";
import type { Store } from "../store/database.ts";
import {
  listRevocationsAfter,
  listRevocationsSince,
  REVOCATION_CHANNEL,
  type RevocationRecord,
} from "../store/revocations.ts";

/** What {@link createRevocationFeed} needs. */
export interface RevocationFeedOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** How far back to read at the start, in milliseconds. */
  readonly keepMs: number;
  /** How often to look, in milliseconds. */
  readonly pollMs: number;
  /** Takes what was read; the same may come twice. */
  readonly learn: (records: readonly RevocationRecord[]) => void;
  /** Told of the first failure of each outage. */
  readonly onError: (error: unknown) => void;
}

/** Reads what all servers on a store have revoked. */
export interface RevocationFeed {
  /** Read all that matters, then go on reading what is new. @throws AuthError `AUTH_UNAVAILABLE` */
  start(): Promise<void>;
  /** Stop. */
  close(): Promise<void>;
  /** When everything up to then was known, in milliseconds since 1970; NaN: nothing is known yet. */
  readAtMs(): number;
}

const PAGE_ROWS = 1_000;

/**
 * Create the reader. The table with its cursor is the truth; word from other servers only makes it look sooner.
 */
export function createRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const { store, clock, learn } = options;
  let cursor: number | undefined;
  let readAtMs = Number.NaN;
  let isDown = false;
  let stop = (): Promise<void> => Promise.resolve();

  const report = (error: unknown): void => {
    if (!isDown) {
      isDown = true;
      options.onError(error);
    }
  };
  const take = (records: readonly RevocationRecord[]): void => {
    cursor = records.at(-1)?.id ?? cursor ?? 0;
    learn(records);
  };
  const readNew = async (after: number): Promise<void> => {
    const records = await listRevocationsAfter(store, after, PAGE_ROWS);
    take(records);
    return records.length < PAGE_ROWS ? undefined : await readNew(records.at(-1)?.id ?? after);
  };
  const read = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    try {
      // A store that was away may have come back as an older copy, with other rows behind the cursor.
      await (cursor === undefined
        ? listRevocationsSince(store, nowMs - options.keepMs).then(take)
        : readNew(cursor));
      readAtMs = nowMs;
      isDown = false;
    } catch (error) {
      cursor = undefined;
      throw error;
    }
  };
  const look = oneAtATime(() => read().catch(report));
  return {
    async start() {
      await read();
      const listener = store.bus.listen(REVOCATION_CHANNEL, () => look.ask());
      const timer = setInterval(() => look.ask(), options.pollMs).unref();
      stop = async () => {
        clearInterval(timer);
        await listener.close();
        await look.idle();
      };
    },
    close: () => stop(),
    readAtMs: () => readAtMs,
  };
}

interface Asked {
  /** Have the work done from its beginning, now or as soon as what is under way is done. */
  ask(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Do work whenever asked, once at a time. Who asks during it gets it done again: it may have looked too early. */
function oneAtATime(work: () => Promise<void>): Asked {
  let running: Promise<void> | undefined;
  let isWanted = false;
  const run = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      await work();
    }
    running = undefined;
  };
  return {
    ask() {
      isWanted = true;
      running ??= run();
    },
    idle: () => running ?? Promise.resolve(),
  };
}
