import type { Clock } from "@countersign/server";
import { repeat } from "@countersign/server/internal";
import type { Store } from "../store/database.ts";
import { REVOCATION_CHANNEL, repeatLostHint } from "../store/revocation-hints.ts";
import {
  findNewestRevocation,
  listLiveRevocations,
  listRevocationsAfter,
  type RevocationRecord,
} from "../store/revocations.ts";
import type { ReadObserver } from "./lost-revocations.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { RevocationHistory } from "./revocation-history.ts";

/** What {@link createRevocationFeed} needs. */
export interface RevocationFeedOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** How often to look, in milliseconds. */
  readonly pollMs: number;
  /** Takes what was read; the same may come twice. */
  readonly learn: (records: readonly RevocationRecord[]) => void;
  readonly observer: ReadObserver;
  /** Takes the same behind that, as the history that it is. */
  readonly history: RevocationHistory;
  /** Receives the first failure of each outage. */
  readonly onError: (error: unknown) => void;
}

/** Reads what all servers on a store have revoked. */
export interface RevocationFeed {
  /** Read all that matters, then go on reading what is new. @throws AuthError `AUTH_UNAVAILABLE` */
  start(): Promise<void>;
  /** Read what is new, now. Resolves when that is done, or could not be. */
  look(): Promise<void>;
  /** Stop. */
  close(): Promise<void>;
  /** When everything up to then was known, in milliseconds since 1970; NaN: nothing is known yet. */
  readAtMs(): number;
  /** Whether the store has answered the last look, no longer ago than so many milliseconds. */
  hasReadWithin(ms: number): boolean;
}

const PAGE_ROWS = 1_000;

/**
 * Create the reader. The table with its cursor is the truth; a message of another server only makes it look sooner.
 */
export function createRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const { store, clock, learn, history, observer } = options;
  /** The row that was read last: what is written later has a higher number. */
  let last: RevocationRecord | undefined;
  let isLoaded = false;
  /** The history is given what has a higher number: at the start no one reads it yet, and it remembers no more. */
  let historyFrom = 0;
  let readAtMs = Number.NaN;
  let isDown = false;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  /** When the last look began, which may go on: polling asks for no other one behind it. */
  let begunAtMs = Number.NEGATIVE_INFINITY;
  let stop = (): Promise<void> => Promise.resolve();

  const report = (error: unknown): void => {
    if (!isDown) {
      isDown = true;
      options.onError(error);
    }
  };
  const take = (records: readonly RevocationRecord[]): boolean => {
    last = records.at(-1) ?? last;
    learn(records);
    history.add(historyFrom === 0 ? records : records.filter(({ id }) => id > historyFrom));
    return records.length < PAGE_ROWS;
  };
  const load = async (nowMs: number): Promise<void> => {
    for (let isDone = false; !isDone; ) {
      isDone = take(await listLiveRevocations(store, { after: last?.id ?? 0, nowMs, limit: PAGE_ROWS }));
      await letCallsIn(isDone);
    }
    isLoaded = true;
  };
  const readNew = async (): Promise<void> => {
    for (let isDone = false; !isDone; ) {
      const from = last;
      const records = await listRevocationsAfter(store, (from?.id ?? 1) - 1, PAGE_ROWS + 1);
      if (from !== undefined && !isSame(records[0], from)) {
        // The store has come back as an older copy, which gives its number again: pruning leaves the newest row.
        last = undefined;
        isLoaded = false;
        observer.restart();
        history.restart();
        return;
      }
      isDone = take(from === undefined ? records : records.slice(1));
      await letCallsIn(isDone);
    }
  };
  const read = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    const startMs = clock.monotonicMs();
    begunAtMs = startMs;
    observer.begin();
    if (isLoaded) {
      await readNew();
    }
    if (!isLoaded) {
      await load(nowMs);
    }
    readAtMs = nowMs;
    lookedAtMs = startMs;
    isDown = false;
    observer.end();
  };
  const look = oneAtATime(() => read().catch(report));
  const poll = (): void => {
    // Timers run a little early or late: without the half, every other look would come a whole turn late.
    const elapsedMs = clock.monotonicMs() - begunAtMs + options.pollMs / 2;
    if (isDown || elapsedMs >= (store.notifiedPollMs() ?? 0)) {
      look.ask();
    }
  };
  return {
    async start() {
      historyFrom = Math.max(0, (await findNewestRevocation(store)) - history.maxRows);
      await read();
      historyFrom = 0;
      const subscription = store.bus.subscribe(REVOCATION_CHANNEL, () => {
        look.ask();
        // The same message says that the bus is back.
        repeatLostHint(store.hintBus);
      });
      const stopPolling = repeat(clock, poll, options.pollMs);
      stop = async () => {
        stopPolling();
        await subscription.close();
        await look.idle();
        lookedAtMs = Number.NEGATIVE_INFINITY;
      };
    },
    look() {
      look.ask();
      return look.idle();
    },
    close: () => stop(),
    readAtMs: () => readAtMs,
    hasReadWithin: (ms) => !isDown && clock.monotonicMs() - lookedAtMs <= ms,
  };
}

/** Behind a page that others follow, let what waits be done: SQLite answers in the same turn of the event loop. */
async function letCallsIn(isDone: boolean): Promise<void> {
  if (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function isSame(found: RevocationRecord | undefined, known: RevocationRecord): boolean {
  return (
    found?.id === known.id &&
    found.value === known.value &&
    found.dimension === known.dimension &&
    found.revokedAtMs === known.revokedAtMs
  );
}
