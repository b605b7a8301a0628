import { createDatabase } from "../browser/database.ts";
import type { ProofKey } from "../core/token-binding.ts";

/** Keeps keys of sign-ins that end on another page: a redirect leaves this one. */
export interface KeyShelf {
  readonly put: (name: string, key: ProofKey) => Promise<void>;
  /** Take a key away; `undefined` when there is none. */
  readonly take: (name: string) => Promise<ProofKey | undefined>;
}

/** Create a {@link KeyShelf}: in IndexedDB where there is one, else in memory. */
export function createKeyShelf(): KeyShelf {
  const inMemory = new Map<string, ProofKey>();
  const database = () => createDatabase<ProofKey>("countersign-keys");
  const inDatabase = globalThis.indexedDB === undefined ? undefined : database();
  return {
    async put(name, key) {
      inMemory.set(name, key);
      // A database that fails leaves the key to this page alone.
      await inDatabase?.update(name, () => key).catch(() => undefined);
      inDatabase?.close();
    },
    async take(name) {
      const kept = inMemory.get(name);
      inMemory.delete(name);
      const stored = await inDatabase?.update(name, () => null).catch(() => undefined);
      inDatabase?.close();
      return kept ?? stored;
    },
  };
}
