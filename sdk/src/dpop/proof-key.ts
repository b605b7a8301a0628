import { Secret } from "../core/secret.ts";
import type { ProofKey } from "../core/token-binding.ts";

/** The algorithm of keys, `ES256` in proofs: every server that takes proofs knows it. */
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

/** Make a key: in a browser one that no script can read, elsewhere one that stores can write as text. */
export async function createProofKey(): Promise<ProofKey> {
  const isPage = globalThis.location !== undefined;
  const pair = await crypto.subtle.generateKey(ALGORITHM, !isPage, ["sign", "verify"]);
  if (isPage) {
    return pair;
  }
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return new Secret(JSON.stringify({ kty, crv, x, y, d }));
}

/** Make the pair of keys that signs. @throws when a text is no private JWK of P-256 */
export async function toKeyPair(key: ProofKey): Promise<CryptoKeyPair> {
  if ("privateKey" in key) {
    return key;
  }
  const { kty, crv, x, y, d } = JSON.parse(key.reveal());
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey("jwk", { kty, crv, x, y, d }, ALGORITHM, false, ["sign"]),
    crypto.subtle.importKey("jwk", { kty, crv, x, y }, ALGORITHM, true, ["verify"]),
  ]);
  return { privateKey, publicKey };
}

/** Check a pair of keys that a program hands in. @throws TypeError when it cannot make proofs */
export function assertProofKeyPair({ privateKey, publicKey }: CryptoKeyPair): void {
  const isUsable =
    isOfAlgorithm(privateKey) &&
    privateKey.usages.includes("sign") &&
    isOfAlgorithm(publicKey) &&
    publicKey.extractable;
  if (!isUsable) {
    throw new TypeError("the option key of dpop must be a pair of keys for ECDSA with P-256 that signs");
  }
}

function isOfAlgorithm(key: CryptoKey | undefined): boolean {
  // Keys of other algorithms have no curve: hence the cast.
  const { name, namedCurve } = (key?.algorithm ?? {}) as Partial<EcKeyAlgorithm>;
  return name === ALGORITHM.name && namedCurve === ALGORITHM.namedCurve;
}
