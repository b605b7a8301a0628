import { createKeySet } from "./key-set.ts";
import type { KeySource, SignatureAlgorithm } from "./key-source.ts";
import { createLoadedKeys } from "./static-keys.ts";

/** The algorithms that verify with a secret which the issuer shares with this server. */
const HASHES = {
  HS256: { name: "SHA-256", bytes: 32 },
  HS384: { name: "SHA-384", bytes: 48 },
  HS512: { name: "SHA-512", bytes: 64 },
} as const;

/** An algorithm that verifies with a shared secret. */
export type SecretAlgorithm = keyof typeof HASHES;

/** Check whether an algorithm verifies with a shared secret. */
export function isSecretAlgorithm(algorithm: SignatureAlgorithm): algorithm is SecretAlgorithm {
  return Object.hasOwn(HASHES, algorithm);
}

/**
 * Create a source of one key: a secret that the issuer shares with this server. A server that can
 * verify with it can also issue tokens.
 *
 * Tokens may name it by any `kid`, since there is no other.
 *
 * @param secret the secret, at least as long as the hash
 *   ([RFC 7518 §3.2](https://www.rfc-editor.org/rfc/rfc7518#section-3.2))
 * @param algorithm the one algorithm that it is for
 * @throws TypeError when the secret is too short
 */
export function createSharedSecret(secret: Uint8Array, algorithm: SecretAlgorithm): KeySource {
  const hash = HASHES[algorithm];
  if (secret.byteLength < hash.bytes) {
    throw new TypeError(`a shared secret for ${algorithm} needs at least ${hash.bytes} bytes`);
  }
  const source = createLoadedKeys(async () => {
    const imported = { name: "HMAC", hash: hash.name };
    const key = await crypto.subtle.importKey("raw", new Uint8Array(secret), imported, false, ["verify"]);
    return createKeySet([{ kid: undefined, algorithm, key }]);
  });
  return {
    find: (_kid, wanted) => source.find(undefined, wanted),
    isTrusted: (key) => source.isTrusted(key),
    findKnown: (_kid, wanted) => source.findKnown?.(undefined, wanted),
    hasSharedSecret: true,
  };
}
