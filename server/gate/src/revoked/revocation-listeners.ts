import type { RevocableToken, Revoked } from "./revoked.ts";
import { createRevokedSet, type RevokedSet } from "./revoked-set.ts";

/** Revocations that were learned of together. */
export interface RevokedBatch<Record extends Revoked> {
  readonly records: readonly Record[];
  /** Check whether one of them covers a token: for all open streams, without a search through the batch for each. */
  matches(token: RevocableToken): boolean;
  /** Check whether one of them changes what a token says, without revoking it. */
  changes(token: RevocableToken): boolean;
}

/** Those who want to know of revocations. */
export interface RevocationListeners<Record extends Revoked> {
  /** Call back for each batch from now on. @returns what ends the calls */
  add(listener: (batch: RevokedBatch<Record>) => void): () => void;
  /**
   * Notify all of them, where there is something.
   *
   * @param seenAs makes of a token what the records are about, where that is not the token itself
   */
  notify(records: readonly Record[], seenAs?: (token: RevocableToken) => RevocableToken): void;
}

/** Create an empty list. @param onError takes what a listener throws */
export function createRevocationListeners<Record extends Revoked>(
  onError: (error: unknown) => void,
): RevocationListeners<Record> {
  const listeners = new Set<(batch: RevokedBatch<Record>) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    notify(records, seenAs) {
      if (records.length === 0) {
        return;
      }
      const batch = toBatch(records, seenAs);
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

function toBatch<Record extends Revoked>(
  records: readonly Record[],
  seenAs?: (token: RevocableToken) => RevocableToken,
): RevokedBatch<Record> {
  /** Made for the first token: when a server starts, it reads many and has no streams yet. */
  let made: RevokedSet | undefined;
  const setOf = (): RevokedSet => {
    made ??= toSet(records);
    return made;
  };
  return {
    records,
    matches: (token) => setOf().covers(seenAs === undefined ? token : seenAs(token)),
    changes: (token) => setOf().changesOf(seenAs === undefined ? token : seenAs(token)) !== undefined,
  };
}

function toSet(records: readonly Revoked[]): RevokedSet {
  const set = createRevokedSet();
  for (const record of records) {
    set.add(record);
  }
  return set;
}
