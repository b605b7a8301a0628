import { backoffMs, PAUSE } from "./backoff.ts";
import type { Cancel, Clock } from "./clock.ts";
import type { Holder } from "./holder.ts";
import type { Peers } from "./peers.ts";
import { randomId } from "./random.ts";
import type { SessionStore, SignedInEntry, SignedOutEntry, StoreEntry } from "./store.ts";
import { withTimeout } from "./waiting.ts";

/** An entry that has not been written yet. */
export type Draft = Omit<SignedInEntry, "revision"> | Omit<SignedOutEntry, "revision">;

/** What is to become of an entry. */
export interface Change<T> {
  /** The entry to write. Absent: the present one stays. */
  readonly draft?: Draft | undefined;
  /** What the caller learns from the decision. */
  readonly value: T;
}

/** Decides by the entry in force what is to become of it. Called again when another tab was faster. */
export type Decide<T> = (current: StoreEntry | undefined) => Change<T>;

/** What has become of an entry. */
export interface Changed<T> {
  /** The entry in force. */
  readonly entry: StoreEntry | undefined;
  /** The value of the last decision: the one that was carried out. */
  readonly value: T;
}

/** The entry that all tabs and processes of a session share. */
export interface SharedEntry {
  /** Read the entry in force. Never rejects. */
  readonly read: () => Promise<StoreEntry | undefined>;
  /** Read the entry, and write what was decided. Never rejects. */
  readonly change: <T>(decide: Decide<T>) => Promise<Changed<T>>;
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

// Every lost race means that another tab has moved on; so many in a row only happen when a store is broken.
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

  async function write<T>(decide: Decide<T>): Promise<Changed<T>> {
    for (let races = 0; races < MAX_RACES; races += 1) {
      const stored = await store.read();
      const base = isAhead && mirror !== undefined && isNewer(mirror, stored) ? mirror : stored;
      const changed = decideOn(base, decide);
      const { entry } = changed;
      if (entry === stored || entry === undefined) return changed;
      if (!(await store.compareAndSet(stored?.revision, entry))) continue;
      const { kind: type, sessionId, generation } = entry;
      // What is only a note of a refresh that has begun is of no use to others before it ends.
      if (type === "signed_out" || entry.intent === undefined) peers.publish({ type, sessionId, generation });
      return changed;
    }
    throw new Error("the store takes no change");
  }

  /** Write to the store, or to memory while it fails. */
  async function writeSomewhere<T>(decide: Decide<T>, isReading: boolean): Promise<Changed<T>> {
    // A refresh should know what others have done; news can wait until the store is tried again.
    if ((!isReading && !isAhead) || clock.monotonicMs() >= retryAtMs) {
      try {
        // A store that never answers must not hold up whatever comes next.
        const changed = await withTimeout(clock, () => write(decide));
        mirror = changed.entry;
        isAhead = false;
        failures = 0;
        retryAtMs = 0;
        storeError = undefined;
        cancel?.();
        return changed;
      } catch (error) {
        failures += 1;
        const pauseMs = backoffMs(PAUSE, failures);
        retryAtMs = clock.monotonicMs() + pauseMs;
        cancel?.();
        if (!isClosed) cancel = clock.schedule(tryAgain, pauseMs);
        storeError = error;
      }
    }
    const changed = decideOn(mirror, decide);
    isAhead ||= changed.entry !== mirror;
    mirror = changed.entry;
    return changed;
  }

  function tryAgain(): void {
    // Timers may be a moment early.
    retryAtMs = 0;
    void read();
  }

  /** One after the other: what is read while another change is written must not be adopted after it. */
  function change<T>(decide: Decide<T>, isReading = false): Promise<Changed<T>> {
    const changed = last.then(async () => {
      const result = await writeSomewhere(decide, isReading);
      // What a refresh or a reading brings that ends after this is for the store alone.
      if (!isClosed) holder.adopt(result.entry, storeError);
      return result;
    });
    last = changed;
    return changed;
  }

  async function read(): Promise<StoreEntry | undefined> {
    return (await change(keep, true)).entry;
  }

  return {
    read,
    change,
    close() {
      isClosed = true;
      cancel?.();
      void store.close?.();
    },
  };
}

/** Leave an entry as it is. */
function keep(): Change<undefined> {
  return { value: undefined };
}

function decideOn<T>(base: StoreEntry | undefined, decide: Decide<T>): Changed<T> {
  const { draft, value } = decide(base);
  return { entry: draft === undefined ? base : { ...draft, revision: randomId() }, value };
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
