import { toFound, toKeys } from "./found-keys.ts";
import type { FoundKeys, KeySource, SignatureAlgorithm, VerificationKey } from "./key-source.ts";

/**
 * Join the sources of keys of one issuer, such as an old secret and a new key set: a key of any of them may verify its
 * tokens.
 *
 * What is at hand in one of them is found without a word to the others. One that cannot be had takes none of the others
 * down: only where no key fits, it may be that the one that does cannot be had just now.
 */
export function joinKeys(sources: readonly KeySource[]): KeySource {
  const [only, ...others] = sources;
  if (only !== undefined && others.length === 0) {
    return only;
  }
  const findKnown = (kid: string | undefined, algorithm: SignatureAlgorithm): FoundKeys =>
    toFound(sources.flatMap((source) => toKeys(source.findKnown?.(kid, algorithm))));

  /** Ask every source, wait for all of them, and keep the errors of those that fail. */
  async function findAmong(ask: (source: KeySource) => FoundKeys | Promise<FoundKeys>): Promise<Answers> {
    const settled = await Promise.allSettled(sources.map(async (source) => ask(source)));
    return {
      keys: settled.flatMap((each) => (each.status === "fulfilled" ? toKeys(each.value) : [])),
      errors: settled.flatMap((each): readonly unknown[] =>
        each.status === "rejected" ? [each.reason] : [],
      ),
    };
  }

  async function findAnywhere(kid: string | undefined, algorithm: SignatureAlgorithm): Promise<FoundKeys> {
    const { keys, errors } = await findAmong((source) => source.find(kid, algorithm));
    if (keys.length === 0 && errors.length > 0) {
      throw errors[0];
    }
    return toFound(keys);
  }

  return {
    find: (kid, algorithm) => findKnown(kid, algorithm) ?? findAnywhere(kid, algorithm),
    isTrusted(key) {
      for (const source of sources) {
        if (source.isTrusted(key)) {
          return true;
        }
      }
      return false;
    },
    findKnown,
    hasSharedSecret: sources.some((source) => source.hasSharedSecret === true),
    async findAgain(kid, algorithm) {
      // One that had nothing at hand was not asked before: the key may be there.
      const ask = (source: KeySource) =>
        source.findKnown?.(kid, algorithm) === undefined
          ? source.find(kid, algorithm)
          : source.findAgain?.(kid, algorithm);
      const { keys, errors } = await findAmong(ask);
      if (errors.length > 0) {
        throw errors[0];
      }
      return toFound(keys);
    },
    prefetch() {
      for (const source of sources) {
        source.prefetch?.();
      }
    },
    failure() {
      const failures = sources.flatMap((source) => source.failure?.() ?? []);
      return failures.length === 0 ? undefined : failures.join("; ");
    },
  };
}

interface Answers {
  readonly keys: readonly VerificationKey[];
  readonly errors: readonly unknown[];
}
