import type { Clock } from "../kernel/clock.ts";
import type { KeySource, SignatureAlgorithm } from "../keys/key-source.ts";
import type { ClaimReaders } from "./claim-readers.ts";
import type { Claims } from "./claim-source.ts";
import { type ClaimRules, isOfTenant, overlap, type TenantRule } from "./issuer-rules.ts";
import type { OnOddClaim } from "./read-words.ts";
import { toTrustDomainId } from "./spiffe-id.ts";

/** One issuer whose tokens are accepted, with every default filled in. */
export interface TrustedIssuer {
  /** The exact value of claim `iss`; a template of it where there are tenants; or a trust domain. */
  readonly issuer: string;
  /** What tells that a token is of this issuer: claim `iss`, or the SPIFFE ID in `sub`. */
  readonly identifiedBy: "iss" | "spiffe_id";
  /** A token that is meant for the server names at least one of these, exactly. */
  readonly audiences: readonly string[];
  /** What single methods are called: a token for one of these is accepted too, and then only by these methods. */
  readonly methodAudiences: readonly string[];
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
  /** Where its claims stand. */
  readonly claims: ClaimReaders;
  /** What its tokens must have, and must not have, beside what every token must. */
  readonly rules: ClaimRules;
  /** Which of its tenants are trusted; undefined: it has none, and `issuer` is the exact value of claim `iss`. */
  readonly tenants: TenantRule | undefined;
  /** What its tokens need not have. */
  readonly allowMissing: {
    readonly issuedAt: boolean;
    readonly subject: boolean;
    readonly audience: boolean;
  };
  /**
   * Whether tokens must have all that [RFC 9068 §2.2](https://www.rfc-editor.org/rfc/rfc9068#section-2.2)
   * requires. Many providers do not issue `jti` and `client_id`.
   */
  readonly requireProfileClaims: boolean;
  /** Whether it says which of its tokens are revoked: what they are revoked by must then be of the right form. */
  readonly hasRevocations: boolean;
  /** The time, for tokens that do not say when they were issued. */
  readonly clock: Clock;
  /** Receives claims that count as absent because they are of another form. It must not throw. */
  readonly onOddClaim: OnOddClaim;
}

/** All trusted issuers. */
export interface TrustedIssuers {
  /** Find the issuer of a token that was verified, by its name: claim `iss`, or a trust domain. */
  get(name: string): TrustedIssuer | undefined;
  /** Find the issuer that a token says it is from, which its signature has yet to prove. */
  find(claims: Claims): TrustedIssuer | undefined;
  /** Check whether an issuer is one of these, exactly as it is, and not another of its name. */
  has(issuer: TrustedIssuer): boolean;
  /** The names of all of them. */
  names(): readonly string[];
  /**
   * Trust one more.
   *
   * @throws TypeError when there is one of that name, or it has no audience, no algorithm or no type
   */
  add(issuer: TrustedIssuer): void;
  /** Trust one no more. @returns undefined when there was none of that name */
  remove(name: string): TrustedIssuer | undefined;
}

/**
 * Index issuers by name.
 *
 * @throws TypeError when one stands twice, or has no audience, no algorithm or no type
 */
export function createTrustedIssuers(issuers: readonly TrustedIssuer[]): TrustedIssuers {
  const byName = new Map<string, TrustedIssuer>();
  const templates = new Set<TenantedIssuer>();
  const trusted: TrustedIssuers = {
    get: (name) => byName.get(name) ?? findTemplate(templates, name),
    find(claims) {
      const { iss, sub } = claims;
      const name = iss === undefined ? toTrustDomainId(sub) : iss;
      const issuer = typeof name === "string" ? trusted.get(name) : undefined;
      return issuer?.identifiedBy === (iss === undefined ? "spiffe_id" : "iss") ? issuer : undefined;
    },
    names: () => [...byName.keys()],
    has: (issuer) => byName.get(issuer.issuer) === issuer,
    add(issuer) {
      assertUsable(issuer);
      if (byName.has(issuer.issuer)) {
        throw new TypeError(`issuer ${issuer.issuer} is named twice`);
      }
      if (hasTenants(issuer)) {
        assertDistinct(issuer, templates);
        templates.add(issuer);
      }
      byName.set(issuer.issuer, issuer);
    },
    remove(name) {
      const issuer = byName.get(name);
      byName.delete(name);
      if (issuer !== undefined && hasTenants(issuer)) {
        templates.delete(issuer);
      }
      return issuer;
    },
  };
  for (const issuer of issuers) {
    trusted.add(issuer);
  }
  return trusted;
}

type TenantedIssuer = TrustedIssuer & { readonly tenants: TenantRule };

function hasTenants(issuer: TrustedIssuer): issuer is TenantedIssuer {
  return issuer.tenants !== undefined;
}

function findTemplate(templates: ReadonlySet<TenantedIssuer>, name: string): TrustedIssuer | undefined {
  for (const issuer of templates) {
    if (isOfTenant(name, issuer.tenants)) {
      return issuer;
    }
  }
  return undefined;
}

/** An issuer whose tenants may be those of another could be held to the options of either. */
function assertDistinct(issuer: TenantedIssuer, templates: ReadonlySet<TenantedIssuer>): void {
  for (const other of templates) {
    if (overlap(issuer.tenants, other.tenants)) {
      throw new TypeError(`issuer ${issuer.issuer} and issuer ${other.issuer} may have tenants of one name`);
    }
  }
}

function assertUsable({ issuer, audiences, algorithms, types }: TrustedIssuer): void {
  if (issuer === "") {
    throw new TypeError("the name of an issuer must not be empty");
  }
  if (audiences.length === 0 || audiences.includes("")) {
    throw new TypeError(`issuer ${issuer} needs at least one audience, and none that is empty`);
  }
  if (algorithms.length === 0 || types.length === 0) {
    throw new TypeError(`issuer ${issuer} needs at least one algorithm and one token type`);
  }
}

/** Write a media type of header `typ` in lower case, without what it may leave out (RFC 7515 §4.1.9). */
export function toShortType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, "");
}
