import type { RevocationRecord } from "../store/revocations.ts";
import { createRevokedSet, type RevocableToken } from "./revoked-set.ts";

/** Revocations that were learned of together. */
export interface RevocationBatch {
  readonly records: readonly RevocationRecord[];
  /** Check whether one of them covers a token: for all open streams, without a search through the batch for each. */
  matches(token: RevocableToken): boolean;
}

/** Those who want to know of revocations. */
export interface RevocationListeners {
  /** Call back for each batch from now on. @returns what ends the calls */
  add(listener: (batch: RevocationBatch) => void): () => void;
  /** Notify all of them. */
  notify(records: readonly RevocationRecord[]): void;
}

/** Create an empty list. @param onError takes what a listener throws */
export function createRevocationListeners(onError: (error: unknown) => void): RevocationListeners {
  const listeners = new Set<(batch: RevocationBatch) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    notify(records) {
      const batch = toBatch(records);
      for (const listener of listeners) {
        try {
          listener(batch);
        } catch (error) {
          // The other listeners must still learn of it.
          onError(error);
        }
      }
    },
  };
}

function toBatch(records: readonly RevocationRecord[]): RevocationBatch {
  const set = createRevokedSet();
  for (const record of records) {
    set.add(record);
  }
  return { records, matches: (token) => set.covers(token) };
}
