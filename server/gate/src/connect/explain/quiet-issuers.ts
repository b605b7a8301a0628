import type { TrustedIssuer, TrustedIssuers } from "../../authenticate/issuers.ts";
import type { KeySource } from "../../keys/key-source.ts";
import { usesOf } from "../../keys/key-uses.ts";
import { isSecretAlgorithm } from "../../keys/shared-secret.ts";
import { createStaticKeys } from "../../keys/static-keys.ts";

/**
 * View the issuers of a server for tokens that are only explained: no line about an odd claim is written, since no caller
 * has sent it.
 *
 * @param jwks a JWK Set to take for their keys. Default: they have their own. A shared secret stays what it is
 */
export function toQuietIssuers(issuers: TrustedIssuers, jwks: unknown): TrustedIssuers {
  const views = new Map<TrustedIssuer, TrustedIssuer>();
  const view = (issuer: TrustedIssuer | undefined): TrustedIssuer | undefined => {
    if (issuer === undefined) {
      return undefined;
    }
    const known = views.get(issuer) ?? toQuietIssuer(issuer, jwks);
    views.set(issuer, known);
    return known;
  };
  const refuse = (): never => {
    throw new TypeError("issuers cannot be added or removed while a call is explained");
  };
  return {
    get: (name) => view(issuers.get(name)),
    find: (claims) => view(issuers.find(claims)),
    has: (issuer) => [...views].some(([origin, known]) => known === issuer && issuers.has(origin)),
    names: () => issuers.names(),
    add: refuse,
    remove: refuse,
  };
}

function toQuietIssuer(issuer: TrustedIssuer, jwks: unknown): TrustedIssuer {
  const keys = jwks === undefined ? issuer.keys : withSecrets(issuer.keys, keysOf(jwks, issuer));
  return { ...issuer, keys, onOddClaim: () => {} };
}

/** A secret stands in no key set. Where tokens are signed with one, only it is asked for: that fetches nothing. */
function withSecrets(own: KeySource, given: KeySource): KeySource {
  return {
    find: (kid, algorithm) => (isSecretAlgorithm(algorithm) ? own : given).find(kid, algorithm),
    isTrusted: (key) => (isSecretAlgorithm(key.algorithm) ? own : given).isTrusted(key),
  };
}

/** A key set without a key for the issuer is what the issuer may well have: then it has no such key. */
function keysOf(jwks: unknown, { algorithms, identifiedBy }: TrustedIssuer): KeySource {
  try {
    return createStaticKeys(
      jwks,
      algorithms.filter((name) => !isSecretAlgorithm(name)),
      { uses: usesOf(identifiedBy) },
    );
  } catch {
    return { find: () => undefined, isTrusted: () => false };
  }
}
