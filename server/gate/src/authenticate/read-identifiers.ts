import type { Claims } from "./claim-source.ts";
import type { TrustedIssuer } from "./issuers.ts";
import { assertIdentifier, IDENTIFIER_FORM, invalidClaim, isIdentifier } from "./read-claims.ts";

/** What a token is known by. */
export interface Identifiers {
  /** Claim `jti`. */
  readonly tokenId: string | undefined;
  /** The client that it was issued to. */
  readonly clientId: string | undefined;
  /** Claim `sid`. */
  readonly sessionId: string | undefined;
}

/**
 * Read what a token is known by.
 *
 * @throws AuthError `TOKEN_INVALID` when the issuer's options ask for what is missing
 */
export function readIdentifiers(claims: Claims, issuer: TrustedIssuer): Identifiers {
  const clientId = readClientId(claims, issuer);
  const tokenId = readTracked("jti", claims.jti, issuer);
  if (issuer.requireProfileClaims && (tokenId === undefined || clientId === undefined)) {
    throw invalidClaim("jti or client_id is missing", { expected: IDENTIFIER_FORM, got: undefined });
  }
  return { tokenId, clientId, sessionId: readTracked("sid", claims.sid, issuer) };
}

function readClientId(claims: Claims, issuer: TrustedIssuer): string | undefined {
  for (const { name, read } of issuer.claims.clientId) {
    const clientId = readTracked(name, read(claims), issuer);
    if (clientId !== undefined) {
      return clientId;
    }
  }
  return undefined;
}

/** Read what tokens are revoked by: of an issuer that can say so, one that is not understood is not passed over. */
function readTracked(name: string, value: unknown, issuer: TrustedIssuer): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  return issuer.hasRevocations ? assertIdentifier(name, value) : readOptional(name, value, issuer);
}

/**
 * Check a value that may identify something.
 *
 * @returns undefined when it is missing, or of another form: then the issuer's `onOddClaim` is told
 */
export function readOptional(name: string, value: unknown, issuer: TrustedIssuer): string | undefined {
  if (value === undefined || isIdentifier(value)) {
    return value;
  }
  issuer.onOddClaim(name, IDENTIFIER_FORM);
  return undefined;
}

/**
 * Read who a token is about: the first of its sources that the token has. A whole number stands for its digits, but not
 * where RFC 9068 asks for a text.
 *
 * @returns empty text where the issuer's options let tokens have no subject
 * @throws AuthError `TOKEN_INVALID` when it is missing, or does not identify anyone
 */
export function readSubject(claims: Claims, issuer: TrustedIssuer): string {
  const sources = issuer.claims.subject;
  for (const { name, read } of sources) {
    const value = read(claims);
    if (value !== undefined && value !== null && value !== "") {
      const isDigits = isWhole(value) && !issuer.requireProfileClaims;
      return isDigits ? String(value) : assertIdentifier(name, value, "subject");
    }
  }
  if (issuer.allowMissing.subject) {
    return "";
  }
  const [only, ...others] = sources;
  return only !== undefined && others.length === 0
    ? assertIdentifier(only.name, only.read(claims), "subject")
    : assertIdentifier(sources.map(({ name }) => name).join(" or "), undefined, "subject");
}

/** Check whether a number has the digits that the issuer wrote: beyond 2^53, JSON keeps not all of them. */
export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
