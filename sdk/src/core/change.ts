import { isSameSession } from "./entries.ts";
import type { SessionStore, SignedInEntry, StoreEntry } from "./store.ts";

// Every lost race means that somebody else moved on; so many in a row only happen when a store is broken.
const MAX_RACES = 20;

/** How a change ended: it was written, or another generation or session was in force already. */
export type Change<T> =
  | { readonly kind: "committed"; readonly entry: T }
  | { readonly kind: "conflict"; readonly current: StoreEntry | undefined };

/** Write what follows from an entry as long as its generation is in force; notes of others are kept. */
export async function changeEntry<T extends StoreEntry>(
  store: SessionStore,
  entry: SignedInEntry,
  follow: (base: SignedInEntry) => T,
): Promise<Change<T>> {
  let base = entry;
  for (let races = 0; ; races += 1) {
    const next = follow(base);
    const result = await store.compareAndSet(base.revision, next);
    if (result.kind === "committed") return { kind: "committed", entry: next };
    const { current } = result;
    if (!isSameSession(current, entry) || current.generation !== entry.generation || races >= MAX_RACES) {
      return { kind: "conflict", current };
    }
    base = current;
  }
}
