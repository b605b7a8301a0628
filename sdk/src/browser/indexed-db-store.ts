import type { CommitResult, SessionStore, StoreEntry } from "../core/store.ts";
import { openDatabase, requestResult, transactionDone } from "./indexed-db.ts";
import { createSealingKey, openEntry, type SealedEntry, sealEntry } from "./sealed-entry.ts";

/** What {@link createIndexedDbStore} can be told. */
export interface IndexedDbStoreOptions {
  /** Name of the database. Default `countersign`. */
  readonly database?: string;
  /** Which session of the database. Sessions of different servers need different names. Default `session`. */
  readonly key?: string;
}

const ENTRIES = "entries";
const KEYS = "keys";
const SEALING_KEY = "sealing";

interface Opened {
  readonly database: IDBDatabase;
  readonly key: CryptoKey;
}

/**
 * Create a store in IndexedDB, shared by all tabs of the origin and kept over reloads.
 *
 * Entries are encrypted with a key that never leaves the browser: a copied profile folder or a script that
 * reads the database gets no token. A script that runs in the page can still use the session.
 */
export function createIndexedDbStore(options: IndexedDbStoreOptions = {}): SessionStore {
  const { database: name = "countersign", key: entryKey = "session" } = options;
  let opening: Promise<Opened> | undefined;

  function opened(): Promise<Opened> {
    opening ??= open(name, forget).catch((error: unknown) => {
      forget();
      throw error;
    });
    return opening;
  }

  /** The next use opens it anew. */
  function forget(): void {
    opening = undefined;
  }

  let unreadable: string | undefined;

  async function unseal(sealed: SealedEntry | undefined): Promise<StoreEntry | undefined> {
    if (sealed === undefined) return undefined;
    const entry = await openEntry((await opened()).key, sealed);
    // Remembered, because to everyone above it is the same as nothing and may be written over as such.
    if (entry === undefined) unreadable = sealed.revision;
    return entry;
  }

  return {
    async read() {
      const { database } = await opened();
      const entries = database.transaction(ENTRIES).objectStore(ENTRIES);
      return unseal(await requestResult<SealedEntry | undefined>(entries.get(entryKey)));
    },
    async compareAndSet(expected, next): Promise<CommitResult> {
      const { database, key } = await opened();
      // Sealed before the transaction: one that waits for anything else commits by itself.
      const sealed = await sealEntry(key, next);
      const transaction = database.transaction(ENTRIES, "readwrite", { durability: "strict" });
      const entries = transaction.objectStore(ENTRIES);
      const swap = async () => {
        const current = await requestResult<SealedEntry | undefined>(entries.get(entryKey));
        const found = current?.revision === unreadable ? undefined : current?.revision;
        if (found !== expected) return { kind: "conflict", sealed: current } as const;
        entries.put(sealed, entryKey);
        return { kind: "committed" } as const;
      };
      const [result] = await Promise.all([swap(), transactionDone(transaction)]);
      if (result.kind === "committed") return result;
      return { kind: "conflict", current: await unseal(result.sealed) };
    },
    async close() {
      const closing = opening;
      forget();
      (await closing)?.database.close();
    },
  };
}

async function open(name: string, onClosed: () => void): Promise<Opened> {
  const database = await openDatabase(name, [ENTRIES, KEYS], onClosed);
  // Made before the transaction, for the same reason; thrown away when another tab was first.
  const candidate = await createSealingKey();
  const transaction = database.transaction(KEYS, "readwrite");
  const keys = transaction.objectStore(KEYS);
  const take = async () => {
    const existing = await requestResult<CryptoKey | undefined>(keys.get(SEALING_KEY));
    if (existing === undefined) keys.put(candidate, SEALING_KEY);
    return existing ?? candidate;
  };
  const [key] = await Promise.all([take(), transactionDone(transaction)]);
  return { database, key };
}
