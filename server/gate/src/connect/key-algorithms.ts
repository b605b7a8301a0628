import type { SignatureAlgorithm } from "../keys/key-source.ts";
import { PUBLIC_KEY_ALGORITHMS } from "../keys/public-algorithms.ts";
import { isSecretAlgorithm, type SecretAlgorithm } from "../keys/shared-secret.ts";

/** What the keys of an issuer may verify. */
export interface KeyAlgorithms {
  readonly all: readonly SignatureAlgorithm[];
  /** Those for public keys. */
  readonly public: readonly SignatureAlgorithm[];
  /** The one for a shared secret; undefined: there is none. */
  readonly secret: SecretAlgorithm | undefined;
}

/** Which kinds of keys an issuer has. */
interface KeyKinds {
  readonly hasSecret: boolean;
  /** Whether it has others than shared secrets. */
  readonly hasOthers: boolean;
}

/** What an issuer may sign with when it does not say: those that are common and of our time. */
const DEFAULT_PUBLIC: readonly SignatureAlgorithm[] = ["EdDSA", "Ed25519", "ES256", "PS256", "RS256"];
const DEFAULT_SECRET: readonly SignatureAlgorithm[] = ["HS256"];

/**
 * Resolve the algorithms of an issuer.
 *
 * @param named those that its options name. Default: those of its kinds of keys that are common
 * @throws TypeError when one is not known, or the issuer has no key that it could be for
 */
export function resolveAlgorithms(
  named: readonly SignatureAlgorithm[] | undefined,
  { hasSecret, hasOthers }: KeyKinds,
): KeyAlgorithms {
  const all = named ?? [...(hasOthers ? DEFAULT_PUBLIC : []), ...(hasSecret ? DEFAULT_SECRET : [])];
  if (!Array.isArray(all)) {
    throw new TypeError("algorithms must be a list");
  }
  const unknown = all.find((name) => !isSecretAlgorithm(name) && !PUBLIC_KEY_ALGORITHMS.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(
      `algorithm ${JSON.stringify(unknown)} is not known: there are ${PUBLIC_KEY_ALGORITHMS.join(", ")}, ` +
        "and with a shared secret HS256, HS384, HS512",
    );
  }
  const secrets = all.filter(isSecretAlgorithm);
  const publics = all.filter((name) => !isSecretAlgorithm(name));
  if (secrets.length > 0 && !hasSecret) {
    throw new TypeError(`algorithm ${secrets[0]} is for a shared secret, and keys have none`);
  }
  if (secrets.length > 1) {
    throw new TypeError("a shared secret is for one algorithm: name one of HS256, HS384 and HS512");
  }
  if (publics.length > 0 && !hasOthers) {
    throw new TypeError(`algorithm ${publics[0]} is for a public key, and keys have none`);
  }
  return { all, public: publics, secret: secrets[0] };
}
