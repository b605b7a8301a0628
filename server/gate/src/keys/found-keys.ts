import type { FoundKeys, VerificationKey } from "./key-source.ts";

/** How many keys are tried for one token: a stranger chooses how many tokens are. */
export const MAX_TRIED_KEYS = 4;

/** List what was found. A source that is plain JavaScript may say with null that it has none. */
export function toKeys(found: FoundKeys | null): readonly VerificationKey[] {
  if (found === undefined || found === null) {
    return [];
  }
  return isOneKey(found) ? [found] : found;
}

/** Check whether keys are still to come. The promise may be one of another library. */
export function isPromise(found: FoundKeys | null | PromiseLike<FoundKeys>): found is PromiseLike<FoundKeys> {
  return found !== undefined && found !== null && "then" in found && typeof found.then === "function";
}

/** Check whether a single key was found: most tokens name one. */
export function isOneKey(found: VerificationKey | readonly VerificationKey[]): found is VerificationKey {
  return !Array.isArray(found);
}

/** Put keys together, no more than are tried at a time. */
export function toFound(keys: readonly VerificationKey[]): FoundKeys {
  const [first, ...others] = keys;
  return others.length === 0 ? first : keys.slice(0, MAX_TRIED_KEYS);
}
