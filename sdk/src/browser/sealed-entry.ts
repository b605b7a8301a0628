import { decodeEntry, encodeEntry } from "../core/entry-text.ts";
import type { StoreEntry } from "../core/store.ts";

/** An entry as it lies in the database: only the revision can be read without the key, and the key by no one. */
export interface SealedEntry {
  readonly revision: string;
  /** Usable by scripts of the origin, but not extractable. Made for this entry alone. */
  readonly key: CryptoKey;
  readonly ciphertext: ArrayBuffer;
  /** The key of the session's tokens, which has no text. */
  readonly proofKey?: StoreEntry["proofKey"];
}

/** Encrypt an entry. */
export async function sealEntry(entry: StoreEntry): Promise<SealedEntry> {
  const { revision } = entry;
  const algorithm = algorithmOf(revision);
  const key = await crypto.subtle.generateKey(algorithm, false, ["encrypt", "decrypt"]);
  const ciphertext = await crypto.subtle.encrypt(
    algorithm,
    key,
    new TextEncoder().encode(encodeEntry(entry)),
  );
  return { revision, key, ciphertext, proofKey: entry.proofKey };
}

/** Decrypt an entry. @throws when it was changed since it was sealed */
export async function openEntry({ revision, key, ciphertext, proofKey }: SealedEntry): Promise<StoreEntry> {
  const bytes = await crypto.subtle.decrypt(algorithmOf(revision), key, ciphertext);
  // Whatever opens with this key and revision was written by sealEntry.
  // A pair of keys has no text: what is there of it is written over.
  return { ...decodeEntry(new TextDecoder().decode(bytes)), proofKey } as StoreEntry;
}

/**
 * The revision, 128 random bits, is the nonce: it never repeats under a key that is used once, and binds the entry to
 * it, so that it cannot be swapped (NIST SP 800-38D).
 */
function algorithmOf(revision: string) {
  return { name: "AES-GCM", length: 256, iv: new TextEncoder().encode(revision) };
}
