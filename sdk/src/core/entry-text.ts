import { Secret } from "./secret.ts";
import type { StoreEntry } from "./store.ts";

/**
 * Write an entry as text, tokens included: for stores, which must encrypt it or keep it from other users.
 *
 * `parseEntry` reads it back.
 */
export function encodeEntry(entry: StoreEntry): string {
  const fields = Object.entries(entry).map(([name, value]) => [
    name,
    value instanceof Secret ? value.reveal() : value,
  ]);
  return JSON.stringify(Object.fromEntries(fields));
}

/** Read a text that `encodeEntry` is known to have written. */
export function decodeEntry(text: string): StoreEntry {
  return JSON.parse(text, (name, value) =>
    /^(access|refresh|id)Token$/.test(name) ? new Secret(value) : value,
  );
}
