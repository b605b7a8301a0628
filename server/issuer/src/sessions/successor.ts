import { deriveKey, seal, unseal } from "../keys/seal.ts";
import type { RefreshToken } from "./refresh-token.ts";

/**
 * Seal a refresh token so that only the holder of its predecessor, and of the key that has replaced it, can open it.
 *
 * The store then holds nothing that signs in, and still a lost answer can be repeated byte for byte.
 *
 * @param successorKey the key of `deriveKey(secret, "refresh-token-successor")`
 */
export function sealSuccessor(
  successorKey: Uint8Array,
  predecessor: RefreshToken,
  successor: RefreshToken,
): string {
  return seal(keyOf(successorKey, predecessor), successor.text, predecessor.sessionId);
}

/**
 * Open what {@link sealSuccessor} made.
 *
 * @returns the successor as text; undefined when the token is not its predecessor
 */
export function unsealSuccessor(
  successorKey: Uint8Array,
  predecessor: RefreshToken,
  sealed: string,
): string | undefined {
  return unseal(keyOf(successorKey, predecessor), sealed, predecessor.sessionId);
}

function keyOf(successorKey: Uint8Array, { text, jwkThumbprint = "" }: RefreshToken): Uint8Array {
  return deriveKey(
    Buffer.concat([successorKey, Buffer.from(text + jwkThumbprint)]),
    "refresh-token-successor",
  );
}
