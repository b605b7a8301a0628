import { NO_FAILURE } from "./backoff.ts";
import type { Cancel, Clock } from "./clock.ts";
import {
  type EntryState,
  entryInForce,
  mayAskStore,
  withStored,
  withStoreError,
  withUnstored,
} from "./entry-state.ts";
import type { Holder } from "./holder.ts";
import type { Peers } from "./peers.ts";
import { randomId } from "./random.ts";
import type { SessionStore, SignedInEntry, SignedOutEntry, StoreEntry } from "./store.ts";
import { withTimeout } from "./waiting.ts";

/** An entry that has not been written yet. */
export type Draft = Omit<SignedInEntry, "revision"> | Omit<SignedOutEntry, "revision">;

/** What is to become of an entry. Nothing: it stays as it is. */
export interface Change<T> {
  /** The entry to write in its place. */
  readonly draft?: Draft | undefined;
  /** What the caller learns from the decision. */
  readonly value?: T;
}

/** Decides by the entry in force what is to become of it. Called again when another tab was faster. */
export type Decide<T> = (current: StoreEntry | undefined) => Change<T>;

/** The entry that all tabs and processes of a session share. */
export interface SharedEntry {
  /**
   * Read the entry, and write what was decided, if anything was. Never rejects.
   *
   * @returns the value of the decision that is in force
   */
  readonly change: <T>(decide?: Decide<T>) => Promise<T | undefined>;
  /** Let go of the store. */
  readonly close: () => void;
}

/** What {@link createSharedEntry} needs. */
export interface SharedEntryContext {
  readonly store: SessionStore;
  readonly clock: Clock;
  /** Adopts what is in force after every reading and writing, in the order of these. */
  readonly holder: Pick<Holder, "adopt">;
  /** The other tabs: they get a message after every write that concerns them. */
  readonly peers: Pick<Peers, "publish">;
}

/**
 * Share an entry through a store. While the store fails, the entry lives in memory, and what was written there is
 * written down as soon as the store works again.
 */
export function createSharedEntry({ store, clock, holder, peers }: SharedEntryContext): SharedEntry {
  let state: EntryState = NO_FAILURE;
  let cancel: Cancel | undefined;
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();

  /** Take in what the store has answered or failed with, and plan to ask it again if it has failed. */
  function settle(next: EntryState): void {
    state = next;
    cancel?.();
    const { retryAtMs } = next;
    if (retryAtMs > 0 && !isClosed) {
      cancel = clock.schedule(() => {
        // Timers may be a moment early.
        state = { ...state, retryAtMs: 0 };
        void change();
      }, retryAtMs - clock.monotonicMs());
    }
  }

  async function write<T>(decide: Decide<T> | undefined): Promise<Changed<T>> {
    // Every lost race means that another tab has moved on; so many in a row only happen when a store is broken.
    const maxRaces = 50;
    for (let races = 0; races < maxRaces; races += 1) {
      const stored = await store.read();
      const changed = decideOn(entryInForce(state, stored), decide);
      const { entry } = changed;
      if (!entry || entry === stored) {
        return changed;
      }
      if (!(await store.compareAndSet(stored?.revision, entry))) {
        continue;
      }
      const { kind: type, sessionId, generation } = entry;
      // What is only a note of a refresh that has begun is of no use to others before it ends.
      if (type === "signed_out" || !entry.intent) {
        peers.publish({ type, sessionId, generation });
      }
      return changed;
    }
    throw new Error("the store takes no change");
  }

  /** Write to the store, or to memory while it fails. */
  async function writeSomewhere<T>(decide: Decide<T> | undefined): Promise<T | undefined> {
    if (mayAskStore(state, !decide, clock.monotonicMs())) {
      try {
        // A store that never answers must not hold up whatever comes next.
        const { entry, value } = await withTimeout(clock, () => write(decide));
        settle(withStored(entry));
        return value;
      } catch (error) {
        settle(withStoreError(state, error, clock.monotonicMs()));
      }
    }
    const { entry, value } = decideOn(state.entry, decide);
    state = withUnstored(state, entry);
    return value;
  }

  /** One after the other: what is read while another change is written must not be adopted after it. */
  function change<T>(decide?: Decide<T>): Promise<T | undefined> {
    const changed = last.then(async () => {
      const value = await writeSomewhere(decide);
      // What a refresh or a reading brings that ends after this is for the store alone.
      if (!isClosed) {
        holder.adopt(state.entry, state.storeError);
      }
      return value;
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

/** What has become of an entry. */
interface Changed<T> {
  /** The entry in force. */
  readonly entry: StoreEntry | undefined;
  readonly value: T | undefined;
}

function decideOn<T>(base: StoreEntry | undefined, decide: Decide<T> | undefined): Changed<T> {
  const { draft, value } = decide?.(base) ?? {};
  return { entry: draft ? { ...draft, revision: randomId() } : base, value };
}
