import type { WatchResponse } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import type { RevocationRecord } from "../store/revocations.ts";
import { toCursor, toRowId } from "./cursor.ts";

/** How a watcher gets the subjects of revocations. */
export type SubjectForm = "plain" | "hashed";

/** Gives what a watcher is sent. It is encoded once for each form, when the first watcher needs it. */
export type EncodeFor = (form: SubjectForm) => WatchResponse;

/** An entry of the log. */
interface Entry {
  readonly encodeFor: EncodeFor;
  /** Those of the history that are known with it, the last one last. */
  readonly rows: readonly RevocationRecord[];
}

/**
 * The revocations of late, in the order in which they were learned of. Each watcher reads it from a position of its own: none
 * has a queue, and one that reads too slowly finds that what it has not read is gone.
 */
export interface SignalLog {
  /** Add an entry. @param rows those of the history that are known with it, the last one last */
  append(encodeFor: EncodeFor, rows: readonly RevocationRecord[]): void;
  /** The entry at a position; undefined: it is yet to come. */
  at(position: number): EncodeFor | undefined;
  /** Find the position behind a cursor; undefined: it is no place in this history, or one of too long ago. */
  find(cursor: bigint): number | undefined;
  /** Forget all, because the history is another one. */
  clear(): void;
  /** The first position that there is. */
  readonly start: number;
  /** The position of the next entry. */
  readonly end: number;
  /** The cursor up to which all is known with what is in the log; 0: of nothing. */
  readonly cursor: bigint;
}

/** Create an empty log. @param maxRows how many rows it remembers; it has as many entries at the most */
export function createSignalLog(maxRows: number): SignalLog {
  let entries: Entry[] = [];
  let start = 0;
  let rowCount = 0;
  let cursor = 0n;
  return {
    append(encodeFor, rows) {
      const last = rows.at(-1);
      cursor = last === undefined ? cursor : toCursor(last);
      entries.push({ encodeFor, rows });
      rowCount += weightOf(rows);
      while (rowCount > maxRows && entries.length > 1) {
        rowCount -= weightOf(entries.shift()?.rows);
        start += 1;
      }
    },
    at: (position) => entries[position - start]?.encodeFor,
    find(known) {
      const id = toRowId(known);
      const at = entries.findLastIndex(({ rows: [first] }) => first !== undefined && first.id <= id);
      const rows = entries[at]?.rows ?? [];
      const row = rows.find((one) => one.id === id);
      if (row === undefined || toCursor(row) !== known) {
        return undefined;
      }
      // From amid an entry on, all of it is sent: the same may come twice.
      return start + at + (row === rows.at(-1) ? 1 : 0);
    },
    clear() {
      start += entries.length;
      entries = [];
      rowCount = 0;
      cursor = 0n;
    },
    get start() {
      return start;
    },
    get end() {
      return start + entries.length;
    },
    get cursor() {
      return cursor;
    },
  };
}

/** What is not in the history takes a place, too. */
function weightOf(rows: readonly RevocationRecord[] = []): number {
  return Math.max(1, rows.length);
}
