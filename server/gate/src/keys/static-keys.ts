import { findCandidates, importKeys } from "./import-keys.ts";
import { createKeySet, type KeySet } from "./key-set.ts";
import type { KeySource, SignatureAlgorithm } from "./key-source.ts";

/**
 * Create a source of keys that never change, from a JWK Set.
 *
 * The keys are imported once; a call that comes before that waits for it.
 *
 * @param document a JWK Set with public keys
 * @param algorithms the algorithms that the issuer may use
 * @throws TypeError when the document is not a JWK Set, or has no key for the algorithms; and from `find`, when
 *   those that it has are all broken
 */
export function createStaticKeys(document: unknown, algorithms: readonly SignatureAlgorithm[]): KeySource {
  if (findCandidates(document, algorithms).length === 0) {
    throw new TypeError("the JWK Set has no public key for the allowed algorithms");
  }
  return createLoadedKeys(async () => {
    const keys = await importKeys(document, { algorithms });
    if (keys.size === 0) {
      throw new TypeError("the JWK Set has no usable key for the allowed algorithms");
    }
    return createKeySet(keys.values());
  });
}

/** Create a source of keys that are loaded once, at once. @param load makes the keys */
export function createLoadedKeys(load: () => Promise<KeySet>): KeySource {
  let keySet: KeySet | undefined;
  const loading = load().then((loaded) => {
    keySet = loaded;
    return loaded;
  });
  loading.catch(() => {}); // reported by find: a rejection without a reader would end the process
  return {
    find: (kid, algorithm) =>
      keySet === undefined
        ? loading.then((loaded) => loaded.find(kid, algorithm))
        : keySet.find(kid, algorithm),
    isTrusted: (key) => keySet?.has(key) ?? false,
  };
}
