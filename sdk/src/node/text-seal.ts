import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Encrypts texts that are kept where others can read or change them, such as in a user's cookie. */
export interface TextSeal {
  /** Encrypt a text. */
  readonly seal: (text: string) => string;
  /** Decrypt a text; `undefined` when it was not sealed with this secret for this purpose. */
  readonly open: (sealed: string) => string | undefined;
}

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MIN_SECRET_LENGTH = 32;

/**
 * Create a {@link TextSeal}: AES-256-GCM (NIST SP 800-38D) under a key made of the secret with HKDF (RFC 5869).
 *
 * @param purpose what the texts are for, such as `cookie NAME`, which is bound to them
 * @throws TypeError when the secret has less than 32 characters
 */
export function createTextSeal(secret: string, purpose: string): TextSeal {
  if (typeof secret !== "string" || secret.length < MIN_SECRET_LENGTH) {
    throw new TypeError("secret needs at least 32 characters");
  }
  const key = new Uint8Array(hkdfSync("sha256", secret, "", `countersign ${purpose}`, KEY_BYTES));
  return {
    seal(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv);
      const sealed = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return sealed.toString("base64url");
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, "base64url");
      if (bytes.length < IV_BYTES + TAG_BYTES) {
        return undefined;
      }
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), options);
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString("utf8");
      } catch {
        // Another secret or a forged text: the user signs in again, as without one.
        return undefined;
      }
    },
  };
}
