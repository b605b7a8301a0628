import type { SessionStore } from "../core/store.ts";
import { openEntry, type SealedEntry, sealEntry } from "./sealed-entry.ts";

/** What {@link createIndexedDbStore} can be told. */
export interface IndexedDbStoreOptions {
  /** Name of the database. Default `countersign`. */
  readonly database?: string | undefined;
  /** Which session of the database. Sessions of different servers need different names. Default `session`. */
  readonly key?: string | undefined;
}

const ENTRIES = "entries";

/**
 * Create a store in IndexedDB, shared by all tabs of the origin and kept over reloads.
 *
 * Entries are encrypted with keys that never leave the browser: a copied profile folder or a script that
 * reads the database gets no token. A script that runs in the page can still use the session.
 */
export function createIndexedDbStore(options: IndexedDbStoreOptions = {}): SessionStore {
  const { database: name = "countersign", key = "session" } = options;
  let opening: Promise<IDBDatabase> | undefined;
  let unreadable: string | undefined;

  /** The next use opens it anew. */
  function forget(): void {
    opening = undefined;
  }

  /** Read what is there, and write in its place what follows, if anything. */
  async function transact(
    follow?: (current: SealedEntry | undefined) => SealedEntry | undefined,
  ): Promise<SealedEntry | undefined> {
    opening ??= openDatabase(name, forget);
    const database = await opening;
    const transaction = database.transaction(ENTRIES, follow ? "readwrite" : "readonly", {
      durability: "strict",
    });
    const entries = transaction.objectStore(ENTRIES);
    const request = entries.get(key);
    return new Promise((resolve, reject) => {
      request.onsuccess = () => {
        const next = follow?.(request.result);
        if (next !== undefined) entries.put(next, key);
      };
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  return {
    async read() {
      const sealed = await transact();
      try {
        return sealed && (await openEntry(sealed));
      } catch {
        // Damaged: the same as none, and to be written over as such. The user signs in again.
        unreadable = sealed?.revision;
        return undefined;
      }
    },
    async compareAndSet(expected, next) {
      // Sealed before the transaction: one that waits for anything else commits by itself.
      const sealed = await sealEntry(next);
      const isExpected = (current?: SealedEntry) => {
        const revision = current?.revision;
        return (revision === unreadable ? undefined : revision) === expected;
      };
      return isExpected(await transact((current) => (isExpected(current) ? sealed : undefined)));
    },
    close() {
      void opening?.then((database) => database.close(), forget);
      forget();
    },
  };
}

/** Open a database. `onClosed` is told when the browser closes it, as it does when a site's data are cleared. */
function openDatabase(name: string, onClosed: () => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  return new Promise((resolve, reject) => {
    request.onupgradeneeded = () => request.result.createObjectStore(ENTRIES);
    request.onerror = () => {
      onClosed();
      reject(request.error);
    };
    request.onsuccess = () => {
      const database = request.result;
      database.onclose = onClosed;
      database.onversionchange = () => {
        database.close();
        onClosed();
      };
      resolve(database);
    };
  });
}
