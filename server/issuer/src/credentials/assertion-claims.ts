import { AuthError } from "@countersign/server";

/** Against what the claims of an assertion are held. */
export interface AssertionRules {
  /** The one value that `aud` may have. */
  readonly issuer: string;
  readonly nowSeconds: number;
  readonly toleranceSeconds: number;
}

/** What is remembered of an assertion. */
export interface UsedAssertion {
  /** Its `jti`. */
  readonly tokenId: string;
  /** When it is refused for its age, in seconds since 1970. */
  readonly keepUntilSeconds: number;
}

/** The longest that an assertion may last: it is made for one request. */
const MAX_LIFE_SECONDS = 5 * 60;

const MAX_TOKEN_ID_CHARS = 256;

/**
 * Check the claims of an assertion whose signature is good
 * ([RFC 7523 §3](https://www.rfc-editor.org/rfc/rfc7523#section-3)).
 *
 * @throws AuthError `CREDENTIALS_INVALID`, with the rule that was broken
 */
export function assertAssertionClaims(
  claims: Readonly<Record<string, unknown>>,
  { issuer, nowSeconds, toleranceSeconds }: AssertionRules,
): UsedAssertion {
  const { aud, exp, iat, nbf, jti } = claims;
  // One value only: what is meant for another server too could be replayed by it.
  if (aud !== issuer && !(Array.isArray(aud) && aud.length === 1 && aud[0] === issuer)) {
    throw invalid("aud must be the issuer of this server, exactly, and nothing else");
  }
  if (!isTime(exp) || !(exp > nowSeconds - toleranceSeconds)) {
    throw invalid("exp must be in the future");
  }
  if (!(exp <= nowSeconds + MAX_LIFE_SECONDS + toleranceSeconds)) {
    throw invalid(`exp must be at most ${MAX_LIFE_SECONDS} seconds ahead`);
  }
  for (const time of [iat, nbf]) {
    if (time !== undefined && (!isTime(time) || !(time <= nowSeconds + toleranceSeconds))) {
      throw invalid("iat and nbf must not be in the future");
    }
  }
  if (typeof jti !== "string" || jti === "" || jti.length > MAX_TOKEN_ID_CHARS) {
    throw invalid("jti must be a text of 1 to 256 characters");
  }
  return { tokenId: jti, keepUntilSeconds: exp + toleranceSeconds };
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function invalid(rule: string): AuthError {
  return new AuthError("CREDENTIALS_INVALID", `the assertion's ${rule}`);
}
