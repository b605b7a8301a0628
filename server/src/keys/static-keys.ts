import { importKeys } from "./import-keys.ts";
import { createKeySet } from "./key-set.ts";
import type { KeySource, SignatureAlgorithm } from "./key-source.ts";

/**
 * Create a source of keys that never change, from a JWK Set.
 *
 * The keys are imported once; a call that comes before that waits for it.
 *
 * @param document a JWK Set with public keys
 * @param algorithms the algorithms that the issuer may use
 * @throws TypeError from `find`, when the document is not a JWK Set or has no usable key
 */
export function createStaticKeys(document: unknown, algorithms: readonly SignatureAlgorithm[]): KeySource {
  let keySet: ReturnType<typeof createKeySet> | undefined;
  const loading = importKeys(document, algorithms).then((keys) => {
    if (keys.length === 0) {
      throw new TypeError("the JWK Set has no key for the allowed algorithms");
    }
    keySet = createKeySet(keys);
    return keySet;
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
