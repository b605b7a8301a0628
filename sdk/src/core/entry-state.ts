import { NO_FAILURE, pauseMs, type Retry } from "./backoff.ts";
import type { StoreEntry } from "./store.ts";

/** What a tab or process knows of the entry that all share, and of the store that keeps it. */
export interface EntryState extends Retry {
  /** The entry in force. */
  readonly entry?: StoreEntry | undefined;
  /** Whether the store lacks it: it was written to memory while the store failed. */
  readonly isAhead?: boolean;
  /** What the store has failed with, if it did the last time. */
  readonly storeError?: unknown;
}

/** Note that the store has answered, and holds this entry. */
export function withStored(entry: StoreEntry | undefined): EntryState {
  return { ...NO_FAILURE, entry };
}

/** Note that the store has failed, now on the monotonic clock: it is left alone for longer with every failure. */
export function withStoreError(state: EntryState, storeError: unknown, nowMs: number): EntryState {
  const failures = state.failures + 1;
  return { ...state, storeError, failures, retryAtMs: nowMs + pauseMs(failures) };
}

/** Note that memory alone keeps the entry in force, which may be the one that was there. */
export function withUnstored(state: EntryState, entry: StoreEntry | undefined): EntryState {
  return { ...state, entry, isAhead: state.isAhead || entry !== state.entry };
}

/**
 * Decide whether the store is asked now. A change must know what other tabs have done, unless it follows one that the
 * store lacks; a reading can wait until the store is tried again.
 */
export function mayAskStore({ isAhead, retryAtMs }: EntryState, isReading: boolean, nowMs: number): boolean {
  return !(isReading || isAhead) || nowMs >= retryAtMs;
}

/** Choose the entry in force: the stored one, unless memory holds one after an outage that goes before it. */
export function entryInForce(
  { entry, isAhead }: EntryState,
  stored: StoreEntry | undefined,
): StoreEntry | undefined {
  return isAhead && entry && isNewer(entry, stored) ? entry : stored;
}

function isNewer(ours: StoreEntry, theirs: StoreEntry | undefined): boolean {
  if (!theirs) {
    return true;
  }
  if (ours.sessionId !== theirs.sessionId) {
    return (
      ours.kind === "signed_in" && (theirs.kind === "signed_out" || ours.startedAtMs > theirs.startedAtMs)
    );
  }
  return theirs.kind === "signed_in" && (ours.kind === "signed_out" || ours.generation > theirs.generation);
}
