import type { SessionStore, StoreEntry } from "./store.ts";

/** Create a store that lasts as long as the object itself. Sessions that are given the same one share it. */
export function createMemoryStore(): SessionStore {
  let entry: StoreEntry | undefined;
  return {
    read: async () => entry,
    async compareAndSet(expected, next) {
      const isCurrent = entry?.revision === expected;
      if (isCurrent) {
        entry = next;
      }
      return isCurrent;
    },
  };
}
