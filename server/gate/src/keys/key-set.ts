import type { SignatureAlgorithm, VerificationKey } from "./key-source.ts";

/** Keys of one issuer at one moment. */
export interface KeySet {
  /** Find the key that a token header names. */
  find(kid: string | undefined, algorithm: SignatureAlgorithm): VerificationKey | undefined;
  /** Check whether a key is among them. */
  has(key: VerificationKey): boolean;
}

/**
 * Index keys by algorithm and `kid`.
 *
 * A token without `kid` is only matched when there is exactly one key for its algorithm, and a name only when one
 * key alone bears it: with two, the signature would have to be tried against each.
 */
export function createKeySet(keys: Iterable<VerificationKey>): KeySet {
  const members = new Set(keys);
  const byName = new Map<string, VerificationKey | undefined>();
  const only = new Map<SignatureAlgorithm, VerificationKey | undefined>();
  for (const key of members) {
    only.set(key.algorithm, only.has(key.algorithm) ? undefined : key);
    if (key.kid !== undefined) {
      const name = `${key.algorithm} ${key.kid}`;
      byName.set(name, byName.has(name) ? undefined : key);
    }
  }
  return {
    find: (kid, algorithm) => (kid === undefined ? only.get(algorithm) : byName.get(`${algorithm} ${kid}`)),
    has: (key) => members.has(key),
  };
}
