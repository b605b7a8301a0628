import { MAX_TRIED_KEYS, toFound, toKeys } from "./found-keys.ts";
import type { FoundKeys, KeySource, SignatureAlgorithm, VerificationKey } from "./key-source.ts";
import { isSecretAlgorithm } from "./shared-secret.ts";

/**
 * Join the sources of keys of one issuer, such as an old secret and a new key set: a key of any of them may verify its
 * tokens.
 *
 * What is at hand in one of them is found without a word to the others. One that cannot be had takes none of the others
 * down: only where no key fits, it may be that the one that does cannot be had just now. Sources of public keys are not asked
 * about tokens that a shared secret signs: they have none, also while they cannot be had.
 *
 * @param onMoreThanTried called when more keys fit a token than are tried at a time. Default: nothing learns of it
 */
export function joinKeys(
  sources: readonly KeySource[],
  onMoreThanTried: (fitting: number) => void = () => {},
): KeySource {
  const [only, ...others] = sources;
  if (only !== undefined && others.length === 0) {
    return only;
  }
  const secrets = sources.filter((source) => source.hasSharedSecret === true);
  const sourcesFor = (algorithm: SignatureAlgorithm): readonly KeySource[] =>
    isSecretAlgorithm(algorithm) ? secrets : sources;
  const findKnown = (kid: string | undefined, algorithm: SignatureAlgorithm): FoundKeys => {
    return choose(
      sourcesFor(algorithm).map((source) => findKnownOf(source, kid, algorithm)),
      kid,
    );
  };

  /** Only some are tried at a time: those of one source must not hide the right one, which another has. */
  function choose(found: readonly (readonly VerificationKey[])[], kid: string | undefined): FoundKeys {
    const keys = namedFirst(inTurn(found), kid);
    if (keys.length > MAX_TRIED_KEYS) {
      onMoreThanTried(keys.length);
    }
    return toFound(keys);
  }

  /** Ask every source, wait for all of them, and keep the errors of those that fail. */
  async function findAmong(
    algorithm: SignatureAlgorithm,
    ask: (source: KeySource) => FoundKeys | null | Promise<FoundKeys>,
  ): Promise<Answers> {
    const asked = sourcesFor(algorithm).map(async (source) => ask(source));
    const settled = await Promise.allSettled(asked);
    return {
      found: settled.map((each) => (each.status === "fulfilled" ? toKeys(each.value) : [])),
      errors: settled.flatMap((each): readonly unknown[] =>
        each.status === "rejected" ? [each.reason] : [],
      ),
    };
  }

  async function findAnywhere(kid: string | undefined, algorithm: SignatureAlgorithm): Promise<FoundKeys> {
    return chooseOrThrow(await findAmong(algorithm, (source) => source.find(kid, algorithm)), kid);
  }

  /** Where no key is left to try, the right one may be where it cannot be had just now. */
  function chooseOrThrow({ found, errors }: Answers, kid: string | undefined): FoundKeys {
    const chosen = choose(found, kid);
    if (chosen === undefined && errors.length > 0) {
      throw errors[0];
    }
    return chosen;
  }

  return {
    find: (kid, algorithm) => findKnown(kid, algorithm) ?? findAnywhere(kid, algorithm),
    isTrusted(key) {
      const errors: unknown[] = [];
      for (const source of sources) {
        try {
          if (source.isTrusted(key)) {
            return true;
          }
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) {
        throw errors[0];
      }
      return false;
    },
    findKnown,
    hasSharedSecret: secrets.length > 0,
    async findAgain(kid, algorithm, tried) {
      const areLeft = (found: FoundKeys | null): readonly VerificationKey[] =>
        toKeys(found).filter((key) => !tried.includes(key));
      // What a source has at hand may have been one key too many before, or the source was not asked yet.
      const ask = async (source: KeySource): Promise<FoundKeys> => {
        const found = await source.find(kid, algorithm);
        const left = areLeft(found);
        const isNews = left.length > 0 || toKeys(found).length === 0;
        return isNews ? left : areLeft((await source.findAgain?.(kid, algorithm, tried)) ?? null);
      };
      return chooseOrThrow(await findAmong(algorithm, ask), kid);
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

/** What goes wrong here is for `find` to report, which is asked where no source has the key at hand. */
function findKnownOf(
  source: KeySource,
  kid: string | undefined,
  algorithm: SignatureAlgorithm,
): readonly VerificationKey[] {
  try {
    return toKeys(source.findKnown?.(kid, algorithm));
  } catch {
    return [];
  }
}

/** List the first of each source, then the second of each, and so on. */
function inTurn(found: readonly (readonly VerificationKey[])[]): readonly VerificationKey[] {
  const longest = Math.max(0, ...found.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => found.flatMap((keys) => keys.slice(at, at + 1))).flat();
}

/** Put keys that the token names before those without a name. */
function namedFirst(keys: readonly VerificationKey[], kid: string | undefined): readonly VerificationKey[] {
  const isNamed = (key: VerificationKey): boolean => kid !== undefined && key.kid === kid;
  return [...keys.filter(isNamed), ...keys.filter((key) => !isNamed(key))];
}

/** What the sources answered, each for itself, and the errors of those that failed. */
interface Answers {
  readonly found: readonly (readonly VerificationKey[])[];
  readonly errors: readonly unknown[];
}
