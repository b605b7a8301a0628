import { backoffMs, PAUSE } from "./backoff.ts";
import type { Cancel, Clock } from "./clock.ts";
import type { Holder } from "./holder.ts";
import type { Peers } from "./peers.ts";
import { randomId } from "./random.ts";
import type { SessionStore, SignedInEntry, SignedOutEntry, StoreEntry } from "./store.ts";
import { withTimeout } from "./waiting.ts";

/** An entry that has not been written yet. */
export type Draft = Omit<SignedInEntry, "revision"> | Omit<SignedOutEntry, "revision">;

/** What is to follow an entry; `undefined` to leave things as they are. It may be asked several times. */
export type Follow = (current: StoreEntry | undefined) => Draft | undefined;

/** The entry that all tabs and processes of a session share. */
export interface SharedEntry {
  /** Read it, write what follows, if anything, and answer what is in force now. Never rejects. */
  readonly change: (follow?: Follow) => Promise<StoreEntry | undefined>;
  /** Let go of the store. */
  readonly close: () => void;
}

/** What {@link createSharedEntry} needs. */
export interface SharedEntryContext {
  readonly store: SessionStore;
  readonly clock: Clock;
  /** Adopts what is in force after every reading and writing, in the order of these. */
  readonly holder: Pick<Holder, "adopt">;
  /** Are told of every write that they should know of. */
  readonly peers: Pick<Peers, "publish">;
}

// Every lost race means that somebody else moved on; so many in a row only happen when a store is broken.
const MAX_RACES = 50;

/**
 * Share an entry through a store. While the store fails, the entry lives in memory, and what was written there is
 * written down as soon as the store works again.
 */
export function createSharedEntry({ store, clock, holder, peers }: SharedEntryContext): SharedEntry {
  let mirror: StoreEntry | undefined;
  let isAhead = false;
  let failures = 0;
  let storeError: unknown;
  let retryAtMs = 0;
  let cancel: Cancel | undefined;
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();

  async function write(follow: Follow | undefined): Promise<StoreEntry | undefined> {
    for (let races = 0; races < MAX_RACES; races += 1) {
      const stored = await store.read();
      const base = isAhead && mirror !== undefined && isNewer(mirror, stored) ? mirror : stored;
      const next = following(base, follow);
      if (next === stored || next === undefined) return next;
      if (!(await store.compareAndSet(stored?.revision, next))) continue;
      const { kind: type, sessionId, generation } = next;
      // What is only a note of a refresh that has begun is of no use to others before it ends.
      if (type === "signed_out" || next.intent === undefined) peers.publish({ type, sessionId, generation });
      return next;
    }
    throw new Error("the store takes no change");
  }

  /** Write to the store, or to memory while it fails. */
  async function writeSomewhere(follow: Follow | undefined): Promise<StoreEntry | undefined> {
    // A refresh should know what others have done; news can wait until the store is tried again.
    if ((follow !== undefined && !isAhead) || clock.monotonicMs() >= retryAtMs) {
      try {
        // A store that never answers must not hold up whatever comes next.
        mirror = await withTimeout(clock, () => write(follow));
        isAhead = false;
        failures = 0;
        retryAtMs = 0;
        storeError = undefined;
        cancel?.();
        return mirror;
      } catch (error) {
        failures += 1;
        const pauseMs = backoffMs(PAUSE, failures);
        retryAtMs = clock.monotonicMs() + pauseMs;
        cancel?.();
        if (!isClosed) cancel = clock.schedule(tryAgain, pauseMs);
        storeError = error;
      }
    }
    const next = following(mirror, follow);
    isAhead ||= next !== mirror;
    mirror = next;
    return mirror;
  }

  function tryAgain(): void {
    // Timers may be a moment early.
    retryAtMs = 0;
    void change();
  }

  /** One after the other: who reads while another writes must not be heard after it. */
  function change(follow?: Follow): Promise<StoreEntry | undefined> {
    const changed = last.then(async () => {
      const entry = await writeSomewhere(follow);
      // What a refresh or a reading brings that ends after this is for the store alone.
      if (!isClosed) holder.adopt(entry, storeError);
      return entry;
    });
    last = changed;
    return changed;
  }

  return {
    change,
    close() {
      isClosed = true;
      cancel?.();
      void store.close?.();
    },
  };
}

function following(base: StoreEntry | undefined, follow: Follow | undefined): StoreEntry | undefined {
  const draft = follow?.(base);
  return draft === undefined ? base : { ...draft, revision: randomId() };
}

/** Whether what memory holds after an outage goes before what is stored. */
function isNewer(ours: StoreEntry, theirs: StoreEntry | undefined): boolean {
  if (theirs === undefined) return true;
  if (ours.sessionId !== theirs.sessionId) {
    return (
      ours.kind === "signed_in" && (theirs.kind === "signed_out" || ours.startedAtMs > theirs.startedAtMs)
    );
  }
  return theirs.kind === "signed_in" && (ours.kind === "signed_out" || ours.generation > theirs.generation);
}
