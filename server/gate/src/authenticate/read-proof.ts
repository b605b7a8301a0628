import type { Claims } from "./claim-source.ts";
import type { TrustedIssuer } from "./issuers.ts";
import { isIdentifier, isTime } from "./read-claims.ts";

/** The last time that a Date can be. */
const MAX_SECONDS = 8.64e12;

const NO_METHODS: readonly string[] = Object.freeze([]);

/**
 * Read claim `auth_time`: when the user proved who they are, in seconds since 1970. It only limits a method that asks
 * for it: without it, the user has not signed in lately.
 *
 * @returns undefined when it is missing, or is no time: then the issuer's `onOddClaim` is told
 */
export function readAuthTime(claims: Claims, issuer: TrustedIssuer): number | undefined {
  const value = claims.auth_time;
  if (value === undefined || (isTime(value) && value <= MAX_SECONDS)) {
    return value;
  }
  issuer.onOddClaim("auth_time", "a time");
  return undefined;
}

/**
 * Read claim `amr`: the methods by which the user proved who they are
 * ([RFC 8176](https://www.rfc-editor.org/rfc/rfc8176#section-1)).
 *
 * @returns none when it is missing, or is of another form: then the issuer's `onOddClaim` is told
 */
export function readMethods(claims: Claims, issuer: TrustedIssuer): readonly string[] {
  const value: unknown = claims.amr;
  if (value === undefined) {
    return NO_METHODS;
  }
  if (Array.isArray(value) && value.every(isIdentifier)) {
    return Object.freeze([...value]);
  }
  issuer.onOddClaim("amr", "a list of non-empty strings");
  return NO_METHODS;
}
