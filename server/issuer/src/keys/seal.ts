import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** What a derived key is for. A key for one purpose is of no use for another. */
export type KeyPurpose =
  | "signing-key"
  | "refresh-token-mac"
  | "refresh-token-successor"
  | "server-words"
  | "signal-subjects"
  | "known-device"
  | "dpop-nonce";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = "s1.";

/**
 * Derive a key from a secret with HKDF-SHA-256 ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)).
 *
 * @param secret at least 256 random bits
 * @returns 256 bits
 */
export function deriveKey(secret: Uint8Array, purpose: KeyPurpose): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", `countersign ${purpose} v1`, KEY_BYTES));
}

/**
 * Encrypt with AES-256-GCM under a key of {@link deriveKey}.
 *
 * @param context what the content belongs to, such as the identifier of its row: it opens nowhere else
 */
export function seal(key: Uint8Array, content: string | Uint8Array, context: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([
    nonce,
    cipher.update(Buffer.from(content)),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return PREFIX + sealed.toString("base64url");
}

/**
 * Decrypt the text that {@link seal} was given.
 *
 * @returns the text; undefined when key or context differ or the sealed text was changed
 */
export function unseal(key: Uint8Array, sealed: string, context: string): string | undefined {
  return unsealBytes(key, sealed, context)?.toString("utf8");
}

/** Decrypt as {@link unseal} does, for content that is no text. */
export function unsealBytes(key: Uint8Array, sealed: string, context: string): Buffer | undefined {
  const bytes = Buffer.from(sealed.slice(PREFIX.length), "base64url");
  if (!sealed.startsWith(PREFIX) || bytes.length < NONCE_BYTES + TAG_BYTES) {
    return undefined;
  }
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    // The tag does not match. Why not, is nothing that a caller could act on.
    return undefined;
  }
}
