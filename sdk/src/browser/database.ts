import { waitFor } from "../core/waiting.ts";
import { followPage } from "./page-life.ts";

/** A database of entries that a suspended page does not keep busy. */
export interface Database<T> {
  /**
   * Read what is stored under a key, and write in its place what follows, if anything. If the page is suspended before
   * that has ended, it is tried again when the page goes on.
   */
  readonly update: (key: string, toNext?: ToNext<T>) => Promise<T | undefined>;
  /** Stop following the page, which the database does from its first use on. */
  readonly close: () => void;
}

/** Makes what is to be stored of what is; `undefined` to leave that, null to delete it. */
export type ToNext<T> = (current: T | undefined) => T | null | undefined;

const ENTRIES = "entries";

/**
 * Create a {@link Database}. It is open only while it is used: whatever ends a connection ends no session.
 *
 * A transaction of a page in the back/forward cache does not end before the page comes back, and all others of the
 * origin wait for it (measured with WebKitGTK 2.50). So none is begun there, and none is left under way.
 */
export function createDatabase<T>(name: string): Database<T> {
  const attempts = new Set<AbortController>();
  let resumed: Promise<void> | undefined;
  let resume: (() => void) | undefined;
  let stop: (() => void) | undefined;

  function onSuspend(): void {
    resumed ??= new Promise((resolve) => {
      resume = resolve;
    });
    for (const attempt of attempts) {
      attempt.abort();
    }
  }

  function onResume(): void {
    resumed = undefined;
    resume?.();
  }

  return {
    close: () => stop?.(),
    async update(key, toNext) {
      stop ??= followPage(onSuspend, onResume);
      for (;;) {
        await resumed;
        const attempt = new AbortController();
        const { signal } = attempt;
        attempts.add(attempt);
        try {
          return await waitFor(transact(name, { key, toNext, signal }), signal);
        } catch (error) {
          if (!signal.aborted) {
            throw error;
          }
        } finally {
          attempts.delete(attempt);
        }
      }
    },
  };
}

/** What {@link transact} needs. */
interface Update<T> {
  readonly key: string;
  readonly toNext: ToNext<T> | undefined;
  readonly signal: AbortSignal;
}

/** Open a database for one transaction, and close it behind it. */
function transact<T>(name: string, { key, toNext, signal }: Update<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(ENTRIES);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      if (signal.aborted) {
        return database.close();
      }
      const mode = toNext ? "readwrite" : "readonly";
      const transaction = database.transaction(ENTRIES, mode, { durability: "strict" });
      // It stays open until the transaction has ended.
      database.close();
      const entries = transaction.objectStore(ENTRIES);
      const current = entries.get(key);
      current.onsuccess = () => {
        const next = toNext?.(current.result);
        if (next) {
          entries.put(next, key);
        } else if (next === null) {
          entries.delete(key);
        }
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
