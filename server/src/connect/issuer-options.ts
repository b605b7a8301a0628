import type { TrustedIssuer } from "../authenticate/issuers.ts";
import type { Clock } from "../clock.ts";
import { createJwksFetch, type JwksLocation } from "../keys/jwks-location.ts";
import type { KeySource, SignatureAlgorithm } from "../keys/key-source.ts";
import { createRemoteKeys } from "../keys/remote-keys.ts";
import { createStaticKeys } from "../keys/static-keys.ts";

/** One issuer whose tokens are accepted. */
export interface IssuerOptions {
  /** The exact value of claim `iss`. */
  readonly issuer: string;
  /** Whom its tokens must be meant for. Default: the audience of the server. */
  readonly audiences?: readonly string[];
  /** The algorithms that it signs with. Default: EdDSA, ES256, PS256 and RS256. */
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** The accepted values of header `typ`. Default: `at+jwt` (RFC 9068). */
  readonly types?: readonly string[];
  /** Where its keys are; exactly one source. */
  readonly keys: KeyOptions;
  /** Which claims hold scopes and roles. Default: `scope` and `roles`. */
  readonly claims?: { readonly scopes?: string; readonly roles?: string };
  /** Whether tokens must carry `jti` and `client_id` (RFC 9068 §2.2). Default: false. */
  readonly requireProfileClaims?: boolean;
}

/** Where the keys of an issuer are: in a JWK Set, at a URL, where its metadata says, or in a source of yours. */
export type KeyOptions = { readonly jwks: unknown } | JwksLocation | { readonly source: KeySource };

const DEFAULT_ALGORITHMS: readonly SignatureAlgorithm[] = ["EdDSA", "ES256", "PS256", "RS256"];
const DEFAULT_TYPES: readonly string[] = ["at+jwt"];

/**
 * Fill in the defaults of an issuer.
 *
 * @throws TypeError when the keys are not given in exactly one way
 */
export function resolveIssuer(
  options: IssuerOptions,
  server: { readonly audience: string; readonly clock: Clock },
): TrustedIssuer {
  const algorithms = options.algorithms ?? DEFAULT_ALGORITHMS;
  return {
    issuer: options.issuer,
    audiences: options.audiences ?? [server.audience],
    algorithms,
    types: (options.types ?? DEFAULT_TYPES).map((type) => type.toLowerCase().replace(/^application\//, "")),
    keys: resolveKeys(options, algorithms, server.clock),
    claims: { scopes: options.claims?.scopes ?? "scope", roles: options.claims?.roles ?? "roles" },
    requireProfileClaims: options.requireProfileClaims ?? false,
  };
}

function resolveKeys(
  { issuer, keys }: IssuerOptions,
  algorithms: readonly SignatureAlgorithm[],
  clock: Clock,
): KeySource {
  const sources = ["jwks", "jwksUri", "discovery", "source"].filter((name) => name in keys);
  if (sources.length !== 1) {
    throw new TypeError(`issuer ${issuer} needs exactly one of jwks, jwksUri, discovery and source`);
  }
  if ("source" in keys) {
    return keys.source;
  }
  return "jwks" in keys
    ? createStaticKeys(keys.jwks, algorithms)
    : createRemoteKeys({ fetchJwks: createJwksFetch(issuer, keys), algorithms, clock });
}
