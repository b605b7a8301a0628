import { AuthError } from "../errors/auth-error.ts";
import type { TrustedIssuer } from "./issuers.ts";
import type { Principal, TokenBinding } from "./principal.ts";

/** The longest life of an access token that is accepted, in seconds: a day. */
export const MAX_TOKEN_LIFE_SECONDS = 24 * 60 * 60;

/** The moment at which times are judged. */
export interface Moment {
  /** Seconds since 1970. */
  readonly nowSeconds: number;
  /** How far the clocks of issuer and server may lie apart, in seconds. */
  readonly toleranceSeconds: number;
}

type Claims = Readonly<Record<string, unknown>>;

/**
 * Check the claims of a token whose signature is good, and make its principal
 * ([RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4)).
 *
 * @throws AuthError `TOKEN_EXPIRED` when only its time is over, `TOKEN_INVALID` for any other fault
 */
export function toPrincipal(claims: Claims, issuer: TrustedIssuer, moment: Moment): Principal {
  if (claims["iss"] !== issuer.issuer) {
    throw invalid("claim iss is not the issuer");
  }
  const audience = readAudience(claims["aud"]);
  if (!audience.some((name) => issuer.audiences.includes(name))) {
    throw invalid("claim aud does not name this server");
  }
  const issuedAtSeconds = readTime(claims, "iat");
  const expiresAtSeconds = readTime(claims, "exp");
  const subject = readText(claims, "sub");
  if (subject === undefined) {
    throw invalid("claim sub is missing");
  }
  const tokenId = readText(claims, "jti");
  const clientId = readText(claims, "client_id");
  if (issuer.requireProfileClaims && (tokenId === undefined || clientId === undefined)) {
    throw invalid("claim jti or client_id is missing");
  }
  const principal: Principal = {
    subject,
    issuer: issuer.issuer,
    clientId: clientId ?? readText(claims, "azp") ?? "",
    sessionId: readText(claims, "sid"),
    tokenId,
    scopes: readWords(claims, issuer.claims.scopes),
    roles: readWords(claims, issuer.claims.roles),
    audience,
    authTimeSeconds: claims["auth_time"] === undefined ? undefined : readTime(claims, "auth_time"),
    expiresAtSeconds,
    issuedAtSeconds,
    binding: readBinding(claims["cnf"]),
    claims: deepFreeze(claims),
  };
  checkTimes(claims, principal, moment);
  return Object.freeze(principal);
}

/**
 * Judge the times of a token: last, so that a token is called expired only when nothing else is wrong with it.
 *
 * @throws AuthError `TOKEN_EXPIRED` or `TOKEN_INVALID`
 */
function checkTimes(claims: Claims, principal: Principal, moment: Moment): void {
  const { expiresAtSeconds, issuedAtSeconds } = principal;
  const notBefore = claims["nbf"] === undefined ? issuedAtSeconds : readTime(claims, "nbf");
  if (expiresAtSeconds <= issuedAtSeconds || expiresAtSeconds - issuedAtSeconds > MAX_TOKEN_LIFE_SECONDS) {
    throw invalid("the token's life is not between zero and 24 hours");
  }
  if (Math.max(issuedAtSeconds, notBefore) > moment.nowSeconds + moment.toleranceSeconds) {
    throw invalid("the token is not valid yet");
  }
  if (isExpired(expiresAtSeconds, moment)) {
    throw new AuthError("TOKEN_EXPIRED", "the token has expired");
  }
}

/** Say whether a token that expires at a time has expired ([RFC 7519 §4.1.4](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4)). */
export function isExpired(expiresAtSeconds: number, moment: Moment): boolean {
  return moment.nowSeconds >= expiresAtSeconds + moment.toleranceSeconds;
}

function readAudience(value: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  const audience = names.filter((name) => typeof name === "string" && name !== "");
  if (audience.length === 0 || audience.length !== names.length) {
    throw invalid("claim aud is not one or more non-empty strings");
  }
  return Object.freeze(audience as string[]); // the filter left strings only
}

function readTime(claims: Claims, name: string): number {
  const value = claims[name];
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw invalid(`claim ${name} is missing or not a number`);
  }
  return value;
}

function readText(claims: Claims, name: string): string | undefined {
  const value = claims[name];
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== "string" || value === "") {
    throw invalid(`claim ${name} is not a non-empty string`);
  }
  return value;
}

/** Read a claim that is words with spaces between them (RFC 8693 §4.2), or an array of words. */
function readWords(claims: Claims, name: string): readonly string[] {
  const value = claims[name];
  if (value === undefined) {
    return NO_WORDS;
  }
  const words: readonly unknown[] | undefined = typeof value === "string" ? value.split(" ") : asArray(value);
  if (words === undefined || !words.every((word) => typeof word === "string")) {
    throw invalid("the claim of scopes or roles is neither text nor a list of text");
  }
  return Object.freeze(words.filter((word) => word !== ""));
}

const NO_WORDS: readonly string[] = Object.freeze([]);

function asArray(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
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
  throw invalid("claim cnf is not one known confirmation");
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

function invalid(rule: string): AuthError {
  return new AuthError("TOKEN_INVALID", rule);
}
