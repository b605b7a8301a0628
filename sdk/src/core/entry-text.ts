import { Secret } from "./secret.ts";
import type { SignedInEntry, StoreEntry } from "./store.ts";

/** An entry with its tokens in the open: what {@link encodeEntry} writes. */
export type OpenEntry =
  | Exclude<StoreEntry, SignedInEntry>
  | (Omit<SignedInEntry, "accessToken" | "refreshToken"> & {
      readonly accessToken: string;
      readonly refreshToken?: string | undefined;
    });

/**
 * Write an entry as text, tokens included: for stores, which must encrypt it or keep it from other users.
 *
 * `parseEntry` reads it back.
 */
export function encodeEntry(entry: StoreEntry): string {
  if (entry.kind === "signed_out") return JSON.stringify(entry);
  const { accessToken, refreshToken } = entry;
  const open: OpenEntry = {
    ...entry,
    accessToken: accessToken.reveal(),
    refreshToken: refreshToken?.reveal(),
  };
  return JSON.stringify(open);
}

/** Close the tokens of an entry up again. */
export function closeEntry(open: OpenEntry): StoreEntry {
  if (open.kind === "signed_out") return open;
  const { accessToken, refreshToken } = open;
  return {
    ...open,
    accessToken: new Secret(accessToken),
    refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
  };
}
