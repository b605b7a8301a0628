import { findCandidates, importKeys } from "./import-keys.ts";
import type { KeyReport } from "./key-report.ts";
import { createKeySet, describeMany, type KeySet } from "./key-set.ts";
import type { KeySource, SignatureAlgorithm } from "./key-source.ts";

/** How {@link createStaticKeys} takes keys. */
interface StaticKeysOptions {
  /** The values of `use` that they may have. Default: `sig`. */
  readonly uses?: readonly string[] | undefined;
  /** Says what is odd about them. Default: nothing does. */
  readonly report?: KeyReport | undefined;
}

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
export function createStaticKeys(
  document: unknown,
  algorithms: readonly SignatureAlgorithm[],
  { uses, report }: StaticKeysOptions = {},
): KeySource {
  if (findCandidates(document, { algorithms, uses }).length === 0) {
    throw new TypeError("the JWK Set has no public key for the allowed algorithms");
  }
  return createLoadedKeys(async () => {
    const keys = await importKeys(document, { algorithms, uses, onPassedOver: report?.odd });
    if (keys.size === 0) {
      throw new TypeError("the JWK Set has no usable key for the allowed algorithms");
    }
    return createKeySet(keys.values(), (fitting) => report?.odd(describeMany(fitting)));
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
    findKnown: (kid, algorithm) => keySet?.find(kid, algorithm),
  };
}
