import { decodeEntry, encodeEntry } from "../core/entry-text.ts";
import type { StoreEntry } from "../core/store.ts";

/** An entry as it lies in the database: only the revision can be read without the key, and the key by no one. */
export interface SealedEntry {
  readonly revision: string;
  /** Usable by scripts of the origin, but not extractable. Made for this entry alone. */
  readonly key: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly ciphertext: ArrayBuffer;
}

const NAME = "AES-GCM";

/** Encrypt an entry. Its revision is bound to it, so that it cannot be swapped (NIST SP 800-38D). */
export async function sealEntry(entry: StoreEntry): Promise<SealedEntry> {
  const { revision } = entry;
  const key = await crypto.subtle.generateKey({ name: NAME, length: 256 }, false, ["encrypt", "decrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const algorithm = { name: NAME, iv, additionalData: bytesOf(revision) };
  return {
    revision,
    key,
    iv,
    ciphertext: await crypto.subtle.encrypt(algorithm, key, bytesOf(encodeEntry(entry))),
  };
}

/** Decrypt an entry. @throws when it was changed since it was sealed */
export async function openEntry({ revision, key, iv, ciphertext }: SealedEntry): Promise<StoreEntry> {
  const algorithm = { name: NAME, iv, additionalData: bytesOf(revision) };
  const bytes = await crypto.subtle.decrypt(algorithm, key, ciphertext);
  // Whatever opens with this key and revision was written by sealEntry.
  return decodeEntry(new TextDecoder().decode(bytes));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
