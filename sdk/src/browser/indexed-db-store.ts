import type { SessionStore } from "../core/store.ts";
import { createDatabase } from "./database.ts";
import { openEntry, type SealedEntry, sealEntry } from "./sealed-entry.ts";

/** Options of {@link createIndexedDbStore}. */
export interface IndexedDbStoreOptions {
  /** Name of the database. Default `countersign`. */
  readonly database?: string | undefined;
  /** Which session of the database. Sessions of different servers need different names. Default `session`. */
  readonly key?: string | undefined;
}

/**
 * Create a store in IndexedDB, shared by all tabs of the origin and kept over reloads.
 *
 * Entries are encrypted with keys that never leave the browser: a copied profile folder or a script that
 * reads the database gets no token. A script that runs in the page can still use the session.
 */
export function createIndexedDbStore(options: IndexedDbStoreOptions = {}): SessionStore {
  const { database: name = "countersign", key = "session" } = options;
  const { update, close } = createDatabase<SealedEntry>(name);
  let unreadable: string | undefined;

  return {
    async read() {
      const sealed = await update(key);
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
      const before = await update(key, (current) => (isExpected(current) ? sealed : undefined));
      // What was being written when the page was suspended is there when it is tried again.
      return isExpected(before) || before?.revision === next.revision;
    },
    close,
  };
}
