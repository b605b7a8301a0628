import { type Claims, ownMember } from "../authenticate/claim-source.ts";
import type { ProvenToken } from "../authenticate/prove-token.ts";
import { assertIdentifier, invalidClaim, readAudience, readTime } from "../authenticate/read-claims.ts";
import { isWhole } from "../authenticate/read-identifiers.ts";
import type { TokenKind } from "../authenticate/token-kind.ts";
import { assertTimely } from "../authenticate/token-times.ts";
import { oneOf } from "../errors/facts.ts";
import type { Logout } from "./logout.ts";
import type { LogoutIssuer } from "./logout-options.ts";

/** The event that makes a token a logout token (Back-Channel Logout 1.0 §2.4). */
const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** A logout token ([Back-Channel Logout 1.0 §2.4](https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken)). */
export const LOGOUT_TOKEN: TokenKind = { name: "a logout token" };

/** What a logout token says. */
export interface ReadLogout {
  readonly logout: Logout;
  /** Claim `jti`: a token with the same is the same. */
  readonly tokenId: string;
  /** When it is refused for its age, in seconds since 1970. */
  readonly expiresAtSeconds: number;
}

/** The time that a token is held against. */
export interface TokenClock {
  readonly nowSeconds: number;
  /** How far the clocks of issuer and server may lie apart, in seconds. */
  readonly toleranceSeconds: number;
}

/**
 * Read a logout token whose signature is good ([Back-Channel Logout 1.0
 * §2.6](https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation)).
 *
 * @throws AuthError `TOKEN_INVALID`, or `TOKEN_EXPIRED`
 */
export function readLogoutToken(
  { claims }: Pick<ProvenToken, "claims">,
  issuer: LogoutIssuer,
  { nowSeconds, toleranceSeconds }: TokenClock,
): ReadLogout {
  assertAudience(claims, issuer);
  const { issuedAtSeconds, expiresAtSeconds } = readTimes(claims, issuer);
  assertTimely({ notBeforeSeconds: issuedAtSeconds, expiresAtSeconds }, nowSeconds, toleranceSeconds);
  if (!hasLogoutEvent(claims)) {
    throw invalidClaim("events has no back-channel logout", { expected: LOGOUT_EVENT, got: claims.events });
  }
  // An ID token may have one: a logout token never does, so that neither passes for the other.
  if (Object.hasOwn(claims, "nonce")) {
    throw invalidClaim("nonce is one that is refused", { expected: undefined, got: "a nonce" });
  }
  const sessionId = claims.sid === undefined ? undefined : assertIdentifier("sid", claims.sid);
  const subject = readLogoutSubject(claims, issuer);
  if (sessionId === undefined && subject === undefined) {
    throw invalidClaim("sid or sub is missing", { expected: "a session or a subject", got: undefined });
  }
  return {
    logout: {
      issuer: issuer.trusted.issuer,
      sessionId,
      subject,
      endedAtMs: issuedAtSeconds * 1_000,
      reason: "logged_out",
    },
    tokenId: assertIdentifier("jti", claims.jti),
    expiresAtSeconds: expiresAtSeconds + toleranceSeconds,
  };
}

function hasLogoutEvent(claims: Claims): boolean {
  const events = ownMember(claims, "events");
  return isObject(events) && isObject(ownMember(events, LOGOUT_EVENT));
}

function isObject(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** It is for one of our clients, whatever access tokens are for. */
function assertAudience(claims: Claims, { trusted: { audiences } }: LogoutIssuer): void {
  const names = readAudience(claims, { name: "aud", read: ({ aud }) => aud });
  if (!names.some((name) => audiences.includes(name))) {
    throw invalidClaim("aud names none of the clients whose logouts are taken", {
      check: "audience",
      expected: () => oneOf(audiences),
      got: claims.aud,
    });
  }
}

/** @returns when it was issued, and when it is too old: at its `exp`, and not long after it was issued in any case */
function readTimes(claims: Claims, { allowMissingExpiry, maxAgeSeconds }: LogoutIssuer) {
  const issuedAtSeconds = readTime(claims, "iat");
  const expiresAtSeconds = readTime(claims, "exp");
  if (issuedAtSeconds === undefined || (expiresAtSeconds === undefined && !allowMissingExpiry)) {
    throw invalidClaim("iat or exp is missing", { expected: "a time", got: undefined });
  }
  const tooOldSeconds = issuedAtSeconds + maxAgeSeconds;
  return { issuedAtSeconds, expiresAtSeconds: Math.min(expiresAtSeconds ?? tooOldSeconds, tooOldSeconds) };
}

/** Read the subject where access tokens have it: another claim may be of another form. */
function readLogoutSubject(claims: Claims, { trusted }: LogoutIssuer): string | undefined {
  for (const { name, read } of trusted.claims.subject) {
    const value = read(claims);
    if (value !== undefined && value !== null && value !== "") {
      return isWhole(value) ? String(value) : assertIdentifier(name, value, "subject");
    }
  }
  return undefined;
}
