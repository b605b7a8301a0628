import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What to do about a secret file that is missing. */
export interface SecretFileOptions {
  /** Make it. Default false: a missing file is an error. */
  readonly create?: boolean;
}

/** The length of the key-encryption key. */
export const SECRET_BYTES = 32;

/**
 * Read the key-encryption key: 32 random bytes in base64url, in a file for the owner's eyes alone.
 *
 * It protects the private signing keys and proves refresh tokens genuine; without it,
 * no sign-in and no refresh on the store succeeds.
 *
 * @throws Error when the file is missing, cannot be read or holds something else
 */
export function loadSecretFile(path: string, options: SecretFileOptions = {}): Uint8Array {
  if (options.create === true) {
    createIfMissing(path);
  }
  const secret = Buffer.from(readSecretText(path), "base64url");
  if (secret.length !== SECRET_BYTES) {
    throw new Error(`the secret file ${path} must hold ${SECRET_BYTES} bytes in base64url`);
  }
  return new Uint8Array(secret);
}

function readSecretText(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    const why = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    throw new Error(`the secret file ${path} cannot be read${why}`, { cause: error });
  }
}

/** Of two processes that start together, both must read the same secret, and neither half of one. */
function createIfMissing(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, `${randomBytes(SECRET_BYTES).toString("base64url")}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
      throw error;
    }
  } finally {
    unlinkSync(draft);
  }
}
