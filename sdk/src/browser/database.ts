import { waitFor } from "../core/waiting.ts";
import { followPage } from "./page-life.ts";
import type { SealedEntry } from "./sealed-entry.ts";

/** A database of entries that a suspended page does not keep busy. */
export interface Database {
  /**
   * Read what is stored under a key, and write in its place what follows, if anything. If the page is suspended before
   * that has ended, it is tried again when the page goes on.
   */
  readonly exchange: (key: string, follow?: Follow) => Promise<SealedEntry | undefined>;
  /** Follow the page no longer, which it does from its first use on. */
  readonly close: () => void;
}

/** What is to follow what is stored; `undefined` to leave it. */
export type Follow = (current: SealedEntry | undefined) => SealedEntry | undefined;

const ENTRIES = "entries";

/**
 * Create a {@link Database}. It is open only while it is used: whatever ends a connection ends no session.
 *
 * A transaction of a page in the back/forward cache does not end before the page comes back, and all others of the
 * origin wait for it (measured with WebKitGTK 2.50). So none is begun there, and none is left under way.
 */
export function createDatabase(name: string): Database {
  const attempts = new Set<AbortController>();
  let resumed: Promise<void> | undefined;
  let resume: (() => void) | undefined;
  let stop: (() => void) | undefined;

  function onSuspend(): void {
    resumed ??= new Promise((resolve) => {
      resume = resolve;
    });
    for (const attempt of attempts) attempt.abort();
  }

  function onResume(): void {
    resumed = undefined;
    resume?.();
  }

  return {
    close: () => stop?.(),
    async exchange(key, follow) {
      stop ??= followPage(onSuspend, onResume);
      for (;;) {
        await resumed;
        const attempt = new AbortController();
        const { signal } = attempt;
        attempts.add(attempt);
        try {
          return await waitFor(transact(name, { key, follow, signal }), signal);
        } catch (error) {
          if (!signal.aborted) throw error;
        } finally {
          attempts.delete(attempt);
        }
      }
    },
  };
}

/** What {@link transact} needs. */
interface Exchange {
  readonly key: string;
  readonly follow: Follow | undefined;
  readonly signal: AbortSignal;
}

/** Open a database for one transaction, and close it behind it. */
function transact(name: string, { key, follow, signal }: Exchange): Promise<SealedEntry | undefined> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(ENTRIES);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      if (signal.aborted) return database.close();
      const mode = follow ? "readwrite" : "readonly";
      const transaction = database.transaction(ENTRIES, mode, { durability: "strict" });
      // It stays open until the transaction has ended.
      database.close();
      const entries = transaction.objectStore(ENTRIES);
      const current = entries.get(key);
      current.onsuccess = () => {
        const next = follow?.(current.result);
        if (next !== undefined) entries.put(next, key);
      };
      transaction.oncomplete = () => resolve(current.result);
      transaction.onabort = () => reject(transaction.error);
      signal.onabort = () => {
        try {
          transaction.abort();
        } catch {
          // It is being committed, which needs the page no more.
        }
      };
    };
  });
}
