import { toFound, toKeys } from "./found-keys.ts";
import type { FoundKeys, KeySource, SignatureAlgorithm, VerificationKey } from "./key-source.ts";
import { isSecretAlgorithm } from "./shared-secret.ts";

/**
 * Join the sources of keys of one issuer, such as an old secret and a new key set: a key of any of them may verify its
 * tokens.
 *
 * What is at hand in one of them is found without a word to the others. One that cannot be had takes none of the others
 * down: only where no key fits, it may be that the one that does cannot be had just now. Sources of public keys are not asked
 * about tokens that a shared secret signs: they have none, also while they cannot be had.
 */
export function joinKeys(sources: readonly KeySource[]): KeySource {
  const [only, ...others] = sources;
  if (only !== undefined && others.length === 0) {
    return only;
  }
  const secrets = sources.filter((source) => source.hasSharedSecret === true);
  const sourcesFor = (algorithm: SignatureAlgorithm): readonly KeySource[] =>
    isSecretAlgorithm(algorithm) ? secrets : sources;
  const findKnown = (kid: string | undefined, algorithm: SignatureAlgorithm): FoundKeys => {
    const keys = sourcesFor(algorithm).flatMap((source) => toKeys(source.findKnown?.(kid, algorithm)));
    return toFound(namedFirst(keys, kid));
  };

  /** Ask every source, wait for all of them, and keep the errors of those that fail. */
  async function findAmong(
    algorithm: SignatureAlgorithm,
    ask: (source: KeySource) => FoundKeys | Promise<FoundKeys>,
  ): Promise<Answers> {
    const asked = sourcesFor(algorithm).map(async (source) => ask(source));
    const settled = await Promise.allSettled(asked);
    return {
      keys: settled.flatMap((each) => (each.status === "fulfilled" ? toKeys(each.value) : [])),
      errors: settled.flatMap((each): readonly unknown[] =>
        each.status === "rejected" ? [each.reason] : [],
      ),
    };
  }

  async function findAnywhere(kid: string | undefined, algorithm: SignatureAlgorithm): Promise<FoundKeys> {
    const { keys, errors } = await findAmong(algorithm, (source) => source.find(kid, algorithm));
    if (keys.length === 0 && errors.length > 0) {
      throw errors[0];
    }
    return toFound(namedFirst(keys, kid));
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
    hasSharedSecret: secrets.length > 0,
    async findAgain(kid, algorithm) {
      // One that had nothing at hand was not asked before: the key may be there.
      const ask = (source: KeySource) =>
        source.findKnown?.(kid, algorithm) === undefined
          ? source.find(kid, algorithm)
          : source.findAgain?.(kid, algorithm);
      const { keys, errors } = await findAmong(algorithm, ask);
      if (errors.length > 0) {
        throw errors[0];
      }
      return toFound(namedFirst(keys, kid));
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

/** Only some are tried: keys without a name in one source must not hide the one that the token names in another. */
function namedFirst(keys: readonly VerificationKey[], kid: string | undefined): readonly VerificationKey[] {
  const isNamed = (key: VerificationKey): boolean => kid !== undefined && key.kid === kid;
  return [...keys.filter(isNamed), ...keys.filter((key) => !isNamed(key))];
}

interface Answers {
  readonly keys: readonly VerificationKey[];
  readonly errors: readonly unknown[];
}
