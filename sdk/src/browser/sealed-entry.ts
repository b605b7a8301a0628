import { closeEntry, encodeEntry, type OpenEntry } from "../core/entry-text.ts";
import type { StoreEntry } from "../core/store.ts";

/** An entry as it lies in the database: only the revision can be read without the key. */
export interface SealedEntry {
  readonly revision: string;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly ciphertext: ArrayBuffer;
}

const IV_BYTES = 12;

/** Make a key that scripts can use but never read. */
export function createSealingKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** Encrypt an entry. Its revision is bound to it, so that it cannot be swapped (NIST SP 800-38D). */
export async function sealEntry(key: CryptoKey, entry: StoreEntry): Promise<SealedEntry> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const bytes = new TextEncoder().encode(encodeEntry(entry));
  const ciphertext = await crypto.subtle.encrypt(parameters(iv, entry.revision), key, bytes);
  return { revision: entry.revision, iv, ciphertext };
}

/** Decrypt an entry; `undefined` when it was not sealed with this key. */
export async function openEntry(key: CryptoKey, sealed: SealedEntry): Promise<StoreEntry | undefined> {
  try {
    const { iv, revision, ciphertext } = sealed;
    const bytes = await crypto.subtle.decrypt(parameters(iv, revision), key, ciphertext);
    // Whatever opens with this key and revision was written by sealEntry.
    return closeEntry(JSON.parse(new TextDecoder().decode(bytes)) as OpenEntry);
  } catch {
    // Another key or a damaged record: the user signs in again, as with an empty store.
    return undefined;
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, revision: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(revision) };
}
