import { MAX_TRIED_KEYS, toFound } from "./found-keys.ts";
import type { FoundKeys, SignatureAlgorithm, VerificationKey } from "./key-source.ts";

/** Keys of one issuer at one moment. */
export interface KeySet {
  /** Find the keys that may have signed a token with such a header, at most four. */
  find(kid: string | undefined, algorithm: SignatureAlgorithm): FoundKeys;
  /** Check whether a key is among them. */
  has(key: VerificationKey): boolean;
}

/**
 * Index keys by algorithm and `kid`.
 *
 * A token with a name is matched by the keys of that name, and where there are none, by those without a name. A token
 * without one is matched by every key of its algorithm.
 *
 * @param onMoreThanTried called when more keys fit a token than are tried. Default: nothing learns of it
 */
export function createKeySet(
  keys: Iterable<VerificationKey>,
  onMoreThanTried: (fitting: number) => void = () => {},
): KeySet {
  const members = new Set(keys);
  const named = groupBy(members, ({ kid, algorithm }) => toName(kid, algorithm));
  const ofAlgorithm = groupBy(members, ({ algorithm }) => algorithm);
  const find = (kid: string | undefined, algorithm: SignatureAlgorithm): KeyGroup | undefined =>
    kid === undefined
      ? ofAlgorithm.get(algorithm)
      : (named.get(toName(kid, algorithm)) ?? named.get(toName(undefined, algorithm)));
  return {
    find(kid, algorithm) {
      const group = find(kid, algorithm);
      if (group !== undefined && group.fitting > MAX_TRIED_KEYS) {
        onMoreThanTried(group.fitting);
      }
      return group?.tried;
    },
    has: (key) => members.has(key),
  };
}

/** Say that more keys fit a token than are tried. */
export function describeMany(fitting: number): string {
  return `${fitting} of its keys fit one token, and only ${MAX_TRIED_KEYS} of them are tried: give them names (kid)`;
}

/** Keys that nothing in the header of a token tells apart. */
interface KeyGroup {
  readonly fitting: number;
  readonly tried: FoundKeys;
}

function groupBy(
  keys: Iterable<VerificationKey>,
  nameOf: (key: VerificationKey) => string,
): ReadonlyMap<string, KeyGroup> {
  const groups = Map.groupBy(keys, nameOf);
  return new Map([...groups].map(([name, group]) => [name, toGroup(group)] as const));
}

function toGroup(keys: readonly VerificationKey[]): KeyGroup {
  return { fitting: keys.length, tried: toFound(keys) };
}

/** An algorithm has no space in its name: no two keys have one name by chance. */
function toName(kid: string | undefined, algorithm: SignatureAlgorithm): string {
  return kid === undefined ? algorithm : `${algorithm} ${kid}`;
}
