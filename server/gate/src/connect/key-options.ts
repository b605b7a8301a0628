import type { Clock } from "../kernel/clock.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";
import { createJwksFetch, type JwksLocation } from "../keys/jwks-location.ts";
import type { KeySource, SignatureAlgorithm } from "../keys/key-source.ts";
import { createRemoteKeys } from "../keys/remote-keys.ts";
import { createSharedSecret, isSecretAlgorithm } from "../keys/shared-secret.ts";
import { createStaticKeys } from "../keys/static-keys.ts";

/**
 * Where the keys of an issuer are: in a JWK Set, at a URL, where its metadata says, in a secret that it shares with
 * this server, or in a source of yours.
 */
export type KeyOptions =
  | { readonly jwks: unknown }
  | JwksLocation
  | { readonly sharedSecret: Uint8Array }
  | { readonly source: KeySource };

/** An issuer, as far as its keys are concerned. */
interface KeyOwner {
  readonly issuer: string;
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  readonly keys: KeyOptions;
}

/** The server that uses the keys. */
interface KeyHost {
  readonly clock: Clock;
  /** Observes that keys are fetched. It must not throw. Default: none. */
  readonly observer?: IsolatedObserver;
}

/** The keys of an issuer, and what they may verify. */
interface ResolvedKeys {
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly keys: KeySource;
}

const PUBLIC_KEY_ALGORITHMS: readonly SignatureAlgorithm[] = ["EdDSA", "ES256", "PS256", "RS256"];
const SECRET_ALGORITHMS: readonly SignatureAlgorithm[] = ["HS256"];

/**
 * Resolve the keys of an issuer, and its algorithms.
 *
 * @throws TypeError when the keys are not given in exactly one way, or the algorithms are not for such keys
 */
export function resolveKeys(options: KeyOwner, server: KeyHost): ResolvedKeys {
  const isSecret = "sharedSecret" in options.keys;
  const algorithms = options.algorithms ?? (isSecret ? SECRET_ALGORITHMS : PUBLIC_KEY_ALGORITHMS);
  if (!algorithms.every((name) => isSecretAlgorithm(name) === isSecret && isKnown(name))) {
    throw new TypeError(`issuer ${options.issuer} has an algorithm that its keys are not for`);
  }
  return { algorithms, keys: createKeys(options, algorithms, server) };
}

/** Plain JavaScript, and files of settings, can name what the type does not know. */
function isKnown(algorithm: SignatureAlgorithm): boolean {
  return isSecretAlgorithm(algorithm) || PUBLIC_KEY_ALGORITHMS.includes(algorithm);
}

function createKeys(
  { issuer, keys }: KeyOwner,
  algorithms: readonly SignatureAlgorithm[],
  { clock, observer: { keysFetched } = {} }: KeyHost,
): KeySource {
  const sources = ["jwks", "jwksUri", "discovery", "sharedSecret", "source"].filter((name) => name in keys);
  if (sources.length !== 1) {
    throw new TypeError(
      `issuer ${issuer} needs exactly one of jwks, jwksUri, discovery, sharedSecret and source`,
    );
  }
  if ("source" in keys) {
    return keys.source;
  }
  if ("sharedSecret" in keys) {
    const [algorithm, ...others] = algorithms.filter(isSecretAlgorithm);
    if (algorithm === undefined || others.length > 0) {
      throw new TypeError(`issuer ${issuer} needs one algorithm for its shared secret`);
    }
    return createSharedSecret(keys.sharedSecret, algorithm);
  }
  return "jwks" in keys
    ? createStaticKeys(keys.jwks, algorithms)
    : createRemoteKeys({
        fetchJwks: createJwksFetch(issuer, keys),
        algorithms,
        clock,
        onFetched: keysFetched && ((fetched) => keysFetched({ issuer, ...fetched })),
      });
}
