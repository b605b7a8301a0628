import { Secret } from "./secret.ts";
import type { StoreEntry } from "./store.ts";

/**
 * Write an entry as text, tokens included: for stores, which must encrypt it or keep it from other users.
 *
 * `parseEntry` reads it back.
 */
export function encodeEntry(entry: StoreEntry): string {
  if (entry.kind === "signed_out") {
    return JSON.stringify(entry);
  }
  const { accessToken, refreshToken, idToken } = entry;
  return JSON.stringify({
    ...entry,
    accessToken: accessToken.reveal(),
    refreshToken: refreshToken?.reveal(),
    idToken: idToken?.reveal(),
  });
}

/** Read a text that `encodeEntry` is known to have written. */
export function decodeEntry(text: string): StoreEntry {
  return JSON.parse(text, (name, value) =>
    /^(access|refresh|id)Token$/.test(name) ? new Secret(value) : value,
  );
}
