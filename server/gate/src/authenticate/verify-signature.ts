import { JOSEError } from "jose/errors";
import { compactVerify } from "jose/jws/compact/verify";
import { isOneKey } from "../keys/found-keys.ts";
import type { FoundKeys, VerificationKey } from "../keys/key-source.ts";

/**
 * Verify the signature of a token in compact form with the first of several keys that can
 * ([RFC 7515 §5.2](https://www.rfc-editor.org/rfc/rfc7515#section-5.2)). Each key is used for its own algorithm only.
 *
 * @returns the key that verified it; it rejects when none does, and {@link isSignatureError} then says whether the
 *   signature is to blame
 */
export function verifySignature(token: string, found: NonNullable<FoundKeys>): Promise<VerificationKey> {
  return isOneKey(found) ? verifyWithKey(token, found) : verifyWithOneOf(token, found);
}

/** Check whether an error says that a signature is not good, and not that a key is none. */
export function isSignatureError(error: unknown): boolean {
  return error instanceof JOSEError;
}

function verifyWithKey(token: string, key: VerificationKey): Promise<VerificationKey> {
  return compactVerify(token, key.key, { algorithms: [key.algorithm] }).then(() => key);
}

async function verifyWithOneOf(token: string, keys: readonly VerificationKey[]): Promise<VerificationKey> {
  let last: unknown;
  for (const key of keys) {
    try {
      return await verifyWithKey(token, key);
    } catch (error) {
      if (!isSignatureError(error)) {
        throw error;
      }
      last = error;
    }
  }
  throw last;
}
