import { createKeyRing, type KeyRing, type KeyRingOptions } from "../keys/key-ring.ts";
import { WrongSecretError } from "../keys/signing-key.ts";
import { IssuerError } from "./issuer-error.ts";

/**
 * Create a key ring and start it.
 *
 * @param opened closes it
 * @throws IssuerError when the secret is not the one that the keys in the store were made with
 */
export async function openKeyRing(options: KeyRingOptions, opened: AsyncDisposableStack): Promise<KeyRing> {
  const keyRing = createKeyRing(options);
  opened.defer(() => keyRing.close());
  try {
    await keyRing.start();
  } catch (cause) {
    if (!(cause instanceof WrongSecretError)) {
      throw cause;
    }
    throw new IssuerError(
      "SECRET_WRONG",
      "the secret is not the one that the keys in this store were made with: give that one",
      { cause },
    );
  }
  return keyRing;
}
