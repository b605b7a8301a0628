import type { FoundKeys, VerificationKey } from "./key-source.ts";

/** How many keys are tried for one token: a stranger chooses how many tokens are. */
export const MAX_TRIED_KEYS = 4;

/** List what was found. */
export function toKeys(found: FoundKeys): readonly VerificationKey[] {
  if (found === undefined) {
    return [];
  }
  return isOneKey(found) ? [found] : found;
}

/** Check whether a single key was found: most tokens name one. */
export function isOneKey(found: VerificationKey | readonly VerificationKey[]): found is VerificationKey {
  return !Array.isArray(found);
}

/** Put keys together, no more than are tried. */
export function toFound(keys: readonly VerificationKey[]): FoundKeys {
  const [first, ...others] = keys;
  return others.length === 0 ? first : keys.slice(0, MAX_TRIED_KEYS);
}
