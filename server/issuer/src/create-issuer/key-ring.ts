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
  await namingWrongSecret(() => keyRing.start());
  return keyRing;
}

/** The changes of keys that an operator orders. */
export type OrderedKeys = Pick<KeyRing, "compromise" | "list" | "rotate">;

/**
 * Open the keys to change them by order. Nothing else is changed: rotating old keys in time, and removing those that have
 * expired, is for the servers, which know for how long each is to sign.
 *
 * @throws IssuerError when the secret is not the one that the keys in the store were made with
 */
export async function openOrderedKeys(options: KeyRingOptions): Promise<OrderedKeys> {
  const keyRing = createKeyRing(options);
  await namingWrongSecret(() => keyRing.reload());
  return keyRing;
}

async function namingWrongSecret(work: () => Promise<void>): Promise<void> {
  try {
    await work();
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
}
