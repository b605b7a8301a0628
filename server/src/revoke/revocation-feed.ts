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
  let reading: Promise<void> | undefined;
  let isWanted = false;
  let isDown = false;
  let stop = (): Promise<void> => Promise.resolve();

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
  const report = (error: unknown): void => {
    if (!isDown) {
      isDown = true;
      options.onError(error);
    }
  };
  /** One reading at a time. Who asks during one gets another behind it: it may have looked too early. */
  const look = async (): Promise<void> => {
    isWanted = true;
    while (isWanted && reading === undefined) {
      isWanted = false;
      reading = read().catch(report);
      await reading;
      reading = undefined;
    }
  };

  return {
    async start() {
      await read();
      const listener = store.listen(REVOCATION_CHANNEL, () => void look());
      const timer = setInterval(() => void look(), options.pollMs).unref();
      stop = async () => {
        clearInterval(timer);
        await listener.close();
        await reading;
      };
    },
    close: () => stop(),
    readAtMs: () => readAtMs,
  };
}
