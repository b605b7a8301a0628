import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Encrypts texts for one cookie, so that neither users nor scripts nor proxies can read or change them. */
export interface CookieSeal {
  /** Encrypt a text. */
  readonly seal: (text: string) => string;
  /** Decrypt a text; `undefined` when it was not sealed with this secret for this cookie. */
  readonly open: (sealed: string) => string | undefined;
}

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MIN_SECRET_LENGTH = 32;

/**
 * Create the {@link CookieSeal} of a cookie: AES-256-GCM (NIST SP 800-38D) under a key made of the secret with HKDF
 * (RFC 5869).
 *
 * @param name the cookie's name, which is bound to what is in it
 * @throws TypeError when the secret has less than 32 characters
 */
export function createCookieSeal(secret: string, name: string): CookieSeal {
  if (typeof secret !== "string" || secret.length < MIN_SECRET_LENGTH) {
    throw new TypeError("secret needs at least 32 characters");
  }
  const key = new Uint8Array(hkdfSync("sha256", secret, "", `countersign cookie ${name}`, KEY_BYTES));
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
        // Another secret or a forged cookie: the user signs in again, as without one.
        return undefined;
      }
    },
  };
}
