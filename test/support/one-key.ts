import type { FoundKeys, VerificationKey } from "../../server/gate/src/keys/key-source.ts";

/** Get the one key that a source has found. */
export async function oneKey(found: FoundKeys | Promise<FoundKeys>): Promise<VerificationKey> {
  const keys = [(await found) ?? []].flat();
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    throw new Error(`${keys.length} keys were found, not one`);
  }
  return key;
}
