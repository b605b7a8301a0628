import type { RevocationRecord } from "../store/revocations.ts";

/** Takes what a feed reads, in the order in which it was committed. */
export interface RevocationHistory {
  /** How many of those that were read last it remembers. */
  readonly maxRows: number;
  /** Everything is read anew, because the store has another history than before: what was read is of no use as a place. */
  restart(): void;
  /** Take what was read next, also what no longer matters. The last of it is how far the history is known. */
  add(records: readonly RevocationRecord[]): void;
  /** Take what acts and is not in the store, because that cannot be written. */
  addUnwritten(records: readonly RevocationRecord[]): void;
}

/** For servers that serve no feed. */
export const NO_HISTORY: RevocationHistory = {
  maxRows: 0,
  restart: () => undefined,
  add: () => undefined,
  addUnwritten: () => undefined,
};
