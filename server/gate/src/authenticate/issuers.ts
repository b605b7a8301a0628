import type { KeySource, SignatureAlgorithm } from "../keys/key-source.ts";

/** One issuer whose tokens are accepted, with every default filled in. */
export interface TrustedIssuer {
  /** The exact value of claim `iss`. */
  readonly issuer: string;
  /** A token must name at least one of these in `aud`, exactly. */
  readonly audiences: readonly string[];
  /** The algorithms that this issuer signs with. */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** The accepted values of header `typ`, in lower case and without `application/`. */
  readonly types: readonly string[];
  /** Whether a token without header `typ` is accepted. */
  readonly allowMissingType: boolean;
  /** The longest life of a token that is accepted, in seconds. */
  readonly maxLifeSeconds: number;
  /** Where its keys come from. */
  readonly keys: KeySource;
  /** Which claims hold the scopes and the roles. */
  readonly claims: { readonly scopes: string; readonly roles: string };
  /**
   * Whether tokens must have all that [RFC 9068 §2.2](https://www.rfc-editor.org/rfc/rfc9068#section-2.2)
   * requires. Many providers do not issue `jti` and `client_id`.
   */
  readonly requireProfileClaims: boolean;
}

/** All trusted issuers, by the exact value of claim `iss`. */
export type TrustedIssuers = ReadonlyMap<string, TrustedIssuer>;

/**
 * Index issuers by name.
 *
 * @throws TypeError when one stands twice, or has no audience, no algorithm or no type
 */
export function createTrustedIssuers(issuers: readonly TrustedIssuer[]): TrustedIssuers {
  const byName = new Map<string, TrustedIssuer>();
  for (const issuer of issuers) {
    if (issuer.issuer === "" || byName.has(issuer.issuer)) {
      throw new TypeError(`issuer ${JSON.stringify(issuer.issuer)} is empty or stands twice`);
    }
    if (issuer.audiences.length === 0 || issuer.audiences.includes("")) {
      throw new TypeError(`issuer ${issuer.issuer} needs at least one audience`);
    }
    if (issuer.algorithms.length === 0 || issuer.types.length === 0) {
      throw new TypeError(`issuer ${issuer.issuer} needs at least one algorithm and one token type`);
    }
    byName.set(issuer.issuer, issuer);
  }
  if (byName.size === 0) {
    throw new TypeError("at least one issuer must be trusted");
  }
  return byName;
}

/** Write a media type of header `typ` in lower case, without what it may leave out (RFC 7515 §4.1.9). */
export function toShortType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, "");
}
