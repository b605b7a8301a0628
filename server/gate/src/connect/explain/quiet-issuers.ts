import type { TrustedIssuer, TrustedIssuers } from "../../authenticate/issuers.ts";
import type { KeySource } from "../../keys/key-source.ts";
import { isSecretAlgorithm } from "../../keys/shared-secret.ts";
import { createStaticKeys } from "../../keys/static-keys.ts";

/**
 * View the issuers of a server as those of tokens that are only explained: what is odd about a token is not told to the
 * operator as if a caller had sent it.
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
    throw new TypeError("who is trusted cannot be changed while a call is explained");
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
  const isSecret = issuer.algorithms.some(isSecretAlgorithm);
  const keys = jwks === undefined || isSecret ? issuer.keys : keysOf(jwks, issuer);
  return { ...issuer, keys, onOddClaim: () => {} };
}

/** A key set without a key for the issuer is what the issuer may well have: then it has no such key. */
function keysOf(jwks: unknown, { algorithms }: TrustedIssuer): KeySource {
  try {
    return createStaticKeys(jwks, algorithms);
  } catch {
    return { find: () => undefined, isTrusted: () => false };
  }
}
