import { createRefusal } from "../errors/refusal.ts";
import type { TrustedIssuer } from "./issuers.ts";
import { createPrincipal, type Principal, type TokenBinding } from "./principal.ts";
import { readActor } from "./read-actor.ts";
import {
  type Claims,
  invalidClaim,
  isIdentifier,
  readAudience,
  readIdentifier,
  readMethods,
  readTime,
  readWords,
} from "./read-claims.ts";
import type { TokenTimes } from "./token-times.ts";

/** What the claims of a token say. */
export interface ReadClaims {
  /** Who the token speaks for. */
  readonly principal: Principal;
  /** From when until when it is good. */
  readonly times: TokenTimes;
}

/**
 * Check the claims of a token whose signature is good, and make its principal
 * ([RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4)). Whether its time has come or is over is not
 * asked here, because the answer changes.
 *
 * @param keyId the key that verified the signature
 * @throws AuthError `TOKEN_INVALID`
 */
export function readClaims(claims: Claims, issuer: TrustedIssuer, keyId?: string): ReadClaims {
  if (claims.iss !== issuer.issuer) {
    throw invalidClaim("iss is not the issuer");
  }
  const audience = readOwnAudience(claims, issuer);
  const tokenId = readIdentifier(claims, "jti");
  const clientId = readIdentifier(claims, "client_id") ?? readClientAlias(claims, issuer);
  if (issuer.requireProfileClaims && (tokenId === undefined || clientId === undefined)) {
    throw invalidClaim("jti or client_id is missing");
  }
  const issuedAtSeconds = required("iat", readTime(claims, "iat"));
  const expiresAtSeconds = required("exp", readTime(claims, "exp"));
  assertLife(expiresAtSeconds - issuedAtSeconds, issuer.maxLifeSeconds);
  const authTimeSeconds = readTime(claims, "auth_time");
  const principal = createPrincipal(
    {
      subject: required("sub", readIdentifier(claims, "sub")),
      issuer: issuer.issuer,
      clientId: clientId ?? "",
      sessionId: readIdentifier(claims, "sid"),
      tokenId,
      scopes: readWords(claims, issuer.claims.scopes),
      roles: readWords(claims, issuer.claims.roles),
      audience,
      authTimeSeconds,
      acr: isIdentifier(claims.acr) ? claims.acr : undefined,
      amr: readMethods(claims),
      actor: readActor(claims),
      expiresAtSeconds,
      issuedAtSeconds,
      keyId,
      binding: readBinding(claims.cnf),
    },
    claims,
  );
  const notBeforeSeconds = Math.max(issuedAtSeconds, readTime(claims, "nbf") ?? 0, authTimeSeconds ?? 0);
  return { principal, times: { notBeforeSeconds, expiresAtSeconds } };
}

/** @throws AuthError `TOKEN_INVALID` when the token is not meant for this server */
function readOwnAudience(claims: Claims, { audiences }: TrustedIssuer): readonly string[] {
  const audience = readAudience(claims);
  if (!audience.some((name) => audiences.includes(name))) {
    throw invalidClaim("aud does not name this server");
  }
  return audience;
}

/** Providers that follow OpenID Connect rather than RFC 9068 name the client in `azp`. */
function readClientAlias(claims: Claims, issuer: TrustedIssuer): string | undefined {
  return issuer.requireProfileClaims ? undefined : readIdentifier(claims, "azp");
}

function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) {
    throw invalidClaim(`${name} is missing`);
  }
  return value;
}

function assertLife(lifeSeconds: number, maxLifeSeconds: number): void {
  if (!(lifeSeconds > 0 && lifeSeconds <= maxLifeSeconds)) {
    throw createRefusal("TOKEN_INVALID", "the token's life is not positive, or longer than is accepted");
  }
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
  throw invalidClaim("cnf is not one known confirmation");
}
