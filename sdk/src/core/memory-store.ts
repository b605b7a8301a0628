import type { CommitResult, SessionStore, StoreEntry } from "./store.ts";

/** Create a store that lasts as long as the object itself. Sessions that are given the same one share it. */
export function createMemoryStore(): SessionStore {
  let entry: StoreEntry | undefined;
  return {
    read: () => Promise.resolve(entry),
    compareAndSet(expected, next): Promise<CommitResult> {
      if (entry?.revision !== expected) return Promise.resolve({ kind: "conflict", current: entry });
      entry = next;
      return Promise.resolve({ kind: "committed" });
    },
  };
}
