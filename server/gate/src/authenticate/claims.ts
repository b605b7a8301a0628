import { oneOf } from "../errors/facts.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Claims } from "./claim-source.ts";
import { assertClaimRules, assertTenant } from "./issuer-rules.ts";
import type { TrustedIssuer } from "./issuers.ts";
import { createPrincipal, type Principal, type TokenBinding } from "./principal.ts";
import { readActor } from "./read-actor.ts";
import { invalidClaim, missingAudience, readAudience, readTime } from "./read-claims.ts";
import { readIdentifiers, readOptional, readSubject } from "./read-identifiers.ts";
import { readAuthTime, readMethods } from "./read-proof.ts";
import { readWords } from "./read-words.ts";
import { toTrustDomainId } from "./spiffe-id.ts";
import type { TokenTimes } from "./token-times.ts";

/** What the claims of a token say. */
export interface ReadClaims {
  /** Who the token speaks for. */
  readonly principal: Principal;
  /** From when until when it is good. */
  readonly times: TokenTimes;
}

/** What claim `iat` is of a token that has none, in seconds since 1970: whatever is revoked covers it. */
const NO_ISSUED_AT = 0;

/**
 * Check the claims of a token whose signature is good, and make its principal
 * ([RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4)). Whether its time has come or is over is not
 * asked here, because the answer changes.
 *
 * A claim that says who may do what, or until when, refuses the token when it is wrong. One that only says more counts
 * as absent then, and the issuer's `onOddClaim` is told.
 *
 * @param keyId the key that verified the signature
 * @throws AuthError `TOKEN_INVALID`
 */
export function readClaims(claims: Claims, issuer: TrustedIssuer, keyId?: string): ReadClaims {
  const name = readIssuer(claims, issuer);
  assertClaimRules(claims, issuer.rules);
  const audience = readOwnAudience(claims, issuer);
  const identifiers = readIdentifiers(claims, issuer);
  const { issuedAtSeconds = NO_ISSUED_AT, expiresAtSeconds } = readLife(claims, issuer);
  const authTimeSeconds = readAuthTime(claims, issuer);
  const notBefore = claims.nbf === null ? undefined : readTime(claims, "nbf");
  const principal = createPrincipal(
    {
      subject: readSubject(claims, issuer),
      issuer: name,
      clientId: identifiers.clientId ?? "",
      sessionId: identifiers.sessionId,
      tokenId: identifiers.tokenId,
      scopes: readWords(claims, issuer.claims.scopes, issuer.onOddClaim),
      roles: readWords(claims, issuer.claims.roles, issuer.onOddClaim),
      audience,
      authTimeSeconds,
      acr: readOptional("acr", claims.acr, issuer),
      amr: readMethods(claims, issuer),
      actor: readActor(claims),
      expiresAtSeconds,
      issuedAtSeconds,
      keyId,
      binding: readBinding(claims.cnf),
    },
    claims,
  );
  const notBeforeSeconds = Math.max(issuedAtSeconds, notBefore ?? 0);
  return { principal, times: { notBeforeSeconds, expiresAtSeconds } };
}

/** @returns the issuer's name: of a template, filled with the tenant */
function readIssuer(claims: Claims, { issuer, identifiedBy, tenants }: TrustedIssuer): string {
  const { iss } = claims;
  if (identifiedBy === "spiffe_id") {
    if (iss !== undefined || toTrustDomainId(claims.sub) !== issuer) {
      throw wrongIssuer("sub is not of the trust domain", issuer, claims.sub);
    }
    return issuer;
  }
  if (tenants === undefined ? iss !== issuer : typeof iss !== "string") {
    throw wrongIssuer("iss is not the issuer", issuer, iss);
  }
  const name = String(iss);
  if (tenants !== undefined) {
    assertTenant(claims, name, tenants);
  }
  return name;
}

function wrongIssuer(rule: string, expected: string, got: unknown) {
  return invalidClaim(rule, { check: "issuer", expected, got });
}

/** @throws AuthError `TOKEN_INVALID` when the token is not meant for this server */
function readOwnAudience(claims: Claims, issuer: TrustedIssuer): readonly string[] {
  const source = issuer.claims.audience;
  const audience = readAudience(claims, source);
  if (audience.length === 0) {
    if (issuer.allowMissing.audience) {
      return audience;
    }
    throw missingAudience(source.name);
  }
  const { audiences, methodAudiences } = issuer;
  if (!audience.some((name) => audiences.includes(name) || methodAudiences.includes(name))) {
    const facts = { check: "audience", expected: () => oneOf(audiences), got: audience } as const;
    throw invalidClaim(`${source.name} does not name this server`, facts);
  }
  return audience;
}

function readLife(claims: Claims, { allowMissing, maxLifeSeconds, clock }: TrustedIssuer) {
  const isMissing = claims.iat === undefined || claims.iat === null;
  const issuedAtSeconds = isMissing && allowMissing.issuedAt ? undefined : required(claims, "iat");
  const expiresAtSeconds = required(claims, "exp");
  // Without iat, the life that is left must not be too long.
  const lifeSeconds = expiresAtSeconds - (issuedAtSeconds ?? clock.nowMs() / 1000);
  if (!(lifeSeconds <= maxLifeSeconds && (lifeSeconds > 0 || issuedAtSeconds === undefined))) {
    throw createRefusal("TOKEN_INVALID", "the token's life is not positive, or longer than is accepted", {
      facts: { check: "life", expected: maxLifeSeconds, got: Math.ceil(lifeSeconds) },
    });
  }
  return { issuedAtSeconds, expiresAtSeconds };
}

function required(claims: Claims, name: string): number {
  const seconds = readTime(claims, name);
  if (seconds === undefined) {
    throw invalidClaim(`${name} is missing`, { expected: "a time", got: undefined });
  }
  return seconds;
}

/** Read the confirmation claim (RFC 7800). One that is not understood must not be passed over. */
function readBinding(value: unknown): TokenBinding | undefined {
  if (value === undefined) {
    return undefined;
  }
  const members = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const [name, thumbprint] = members[0] ?? [];
  if (members.length === 1 && typeof thumbprint === "string" && thumbprint !== "") {
    if (name === "jkt") {
      return Object.freeze({ kind: "dpop", jwkThumbprint: thumbprint });
    }
    if (name === "x5t#S256") {
      return Object.freeze({ kind: "mtls", certificateThumbprint: thumbprint });
    }
  }
  const facts = { check: "binding", expected: "one known confirmation", got: value } as const;
  throw invalidClaim("cnf is not one known confirmation", facts);
}
