import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** For tools that search for leaked secrets. */
const PREFIX = "css_";
const SECRET_BYTES = 32;

/** What a secret can match. Undefined: nothing. */
export interface SecretHashes {
  readonly current: string | undefined;
  /** The one before, while it is still good. */
  readonly previous: string | undefined;
}

/** Make a secret with 256 random bits (RFC 6749 §10.10). */
export function createClientSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
}

/** Hash a secret for the store. 256 random bits need no salt and no slow hash. */
export function hashClientSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Check a secret, in a time that reveals neither which hash it was compared with nor where they differ. */
export function matchesClientSecret(secret: string, { current, previous }: SecretHashes): boolean {
  const given = Buffer.from(hashClientSecret(secret));
  const isCurrent = isSame(given, current);
  const isPrevious = isSame(given, previous);
  return isCurrent || isPrevious;
}

function isSame(given: Uint8Array, expected: string | undefined): boolean {
  const bytes = Buffer.alloc(given.length);
  bytes.write(expected ?? "");
  return timingSafeEqual(given, bytes) && expected !== undefined;
}
