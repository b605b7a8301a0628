import { type TrustedIssuer, toShortType } from "../authenticate/issuers.ts";
import type { Clock } from "../kernel/clock.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";
import { createJwksFetch, type JwksLocation } from "../keys/jwks-location.ts";
import type { KeySource, SignatureAlgorithm } from "../keys/key-source.ts";
import { createRemoteKeys } from "../keys/remote-keys.ts";
import { createSharedSecret, isSecretAlgorithm } from "../keys/shared-secret.ts";
import { createStaticKeys } from "../keys/static-keys.ts";
import type { IssuerSignals } from "./issuer-signals.ts";

/** One issuer whose tokens are accepted. */
export interface IssuerOptions {
  /** The exact value of claim `iss`. */
  readonly issuer: string;
  /** Whom its tokens must be meant for. Default: the audience of the server. */
  readonly audiences?: readonly string[] | undefined;
  /**
   * The audience of its tokens, where it is known: `createAuth` throws when it accepts no tokens for it. To name an
   * audience here does not make it accepted: `audiences` does. Default: not known.
   */
  readonly tokenAudience?: string;
  /** The algorithms that it signs with. Default: EdDSA, ES256, PS256 and RS256; with a shared secret, HS256. */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /** The accepted values of header `typ`. Default: `at+jwt` (RFC 9068). */
  readonly types?: readonly string[] | undefined;
  /** Where its keys are; exactly one source. */
  readonly keys: KeyOptions;
  /** Which claims hold scopes and roles. Default: `scope` and `roles`. */
  readonly claims?: { readonly scopes?: string | undefined; readonly roles?: string | undefined } | undefined;
  /** Whether tokens must carry `jti` and `client_id` (RFC 9068 §2.2). Default: false. */
  readonly requireProfileClaims?: boolean;
  /**
   * What the issuer says of its tokens afterwards: revoked ones are refused, of whichever issuer, their streams end,
   * and streams are renewed through any of its servers. Default: nothing, short of `revocations`.
   */
  readonly signals?: IssuerSignals;
  /** What makes this issuer less safe than the standards ask. `onWarning` receives each at start. */
  readonly insecure?: InsecureIssuerOptions;
}

/** Relaxations for an issuer that cannot do better. */
export interface InsecureIssuerOptions {
  /** Take tokens without header `typ`, so that an ID token may pass for an access token. Default: false. */
  readonly allowMissingType?: boolean;
  /** Take tokens that live longer than a day, in seconds. Default: 86,400. */
  readonly maxTokenLifeSeconds?: number;
}

/**
 * Where the keys of an issuer are: in a JWK Set, at a URL, where its metadata says, in a secret that it shares with
 * this server, or in a source of yours.
 */
export type KeyOptions =
  | { readonly jwks: unknown }
  | JwksLocation
  | { readonly sharedSecret: Uint8Array }
  | { readonly source: KeySource };

/** The longest life of an access token that is accepted, in seconds: a day. */
const MAX_TOKEN_LIFE_SECONDS = 24 * 60 * 60;
const PUBLIC_KEY_ALGORITHMS: readonly SignatureAlgorithm[] = ["EdDSA", "ES256", "PS256", "RS256"];
const SECRET_ALGORITHMS: readonly SignatureAlgorithm[] = ["HS256"];
const DEFAULT_TYPES: readonly string[] = ["at+jwt"];

/** The server that trusts an issuer. */
export interface IssuerHost {
  readonly audience: string;
  readonly clock: Clock;
  /** Observes that keys are fetched. It must not throw. Default: none. */
  readonly observer?: IsolatedObserver;
}

/**
 * Fill in the defaults of an issuer.
 *
 * @throws TypeError when the keys are not given in exactly one way, or the algorithms are not for such keys
 */
export function resolveIssuer(options: IssuerOptions, server: IssuerHost): TrustedIssuer {
  const isSecret = "sharedSecret" in options.keys;
  const algorithms = options.algorithms ?? (isSecret ? SECRET_ALGORITHMS : PUBLIC_KEY_ALGORITHMS);
  if (!algorithms.every((name) => isSecretAlgorithm(name) === isSecret && isKnown(name))) {
    throw new TypeError(`issuer ${options.issuer} has an algorithm that its keys are not for`);
  }
  return {
    issuer: options.issuer,
    audiences: options.audiences ?? [server.audience],
    algorithms,
    types: (options.types ?? DEFAULT_TYPES).map(toShortType),
    allowMissingType: options.insecure?.allowMissingType ?? false,
    maxLifeSeconds: options.insecure?.maxTokenLifeSeconds ?? MAX_TOKEN_LIFE_SECONDS,
    keys: resolveKeys(options, algorithms, server),
    claims: { scopes: options.claims?.scopes ?? "scope", roles: options.claims?.roles ?? "roles" },
    requireProfileClaims: options.requireProfileClaims ?? false,
  };
}

/** Describe the relaxations of an issuer, each as a sentence for the log. */
export function describeRelaxations({ issuer, insecure = {} }: IssuerOptions): readonly string[] {
  const { allowMissingType = false, maxTokenLifeSeconds } = insecure;
  return [
    ...(allowMissingType ? [`issuer ${issuer}: tokens without header typ are accepted`] : []),
    ...(maxTokenLifeSeconds === undefined
      ? []
      : [`issuer ${issuer}: tokens may live for ${maxTokenLifeSeconds} seconds`]),
  ];
}

/** Plain JavaScript, and files of settings, can name what the type does not know. */
function isKnown(algorithm: SignatureAlgorithm): boolean {
  return isSecretAlgorithm(algorithm) || PUBLIC_KEY_ALGORITHMS.includes(algorithm);
}

function resolveKeys(
  { issuer, keys }: IssuerOptions,
  algorithms: readonly SignatureAlgorithm[],
  { clock, observer: { keysFetched } = {} }: IssuerHost,
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
