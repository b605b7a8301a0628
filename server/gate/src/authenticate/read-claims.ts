import type { AuthError } from "../errors/auth-error.ts";
import type { Check, Hint } from "../errors/facts.ts";
import { createRefusal } from "../errors/refusal.ts";
import { type Claims, ownMember, type ReadableClaim } from "./claim-source.ts";

const NO_NAMES: readonly string[] = Object.freeze([]);

/** What is wrong with a claim. */
interface ClaimFault {
  /** The check that refuses it. Default: `claim`. */
  readonly check?: Check;
  /** What would have passed. */
  readonly expected: unknown;
  /** What came. */
  readonly got: unknown;
  /** What the token looks like. */
  readonly hint?: Hint;
}

/** What an audience must be. */
const AUDIENCE_FORM = "one or more non-empty strings";
/** What a time must be. */
const TIME_FORM = "a time";
/** What identifies something must be. */
export const IDENTIFIER_FORM = "a non-empty string";

/**
 * Read whom a token is meant for: one name, or several
 * ([RFC 7519 §4.1.3](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3)). A name that is empty is none.
 *
 * @returns none when the claim is missing, `null` or empty
 * @throws AuthError `TOKEN_INVALID` when it is not made of text
 */
export function readAudience(claims: Claims, { name, read }: ReadableClaim): readonly string[] {
  const value = read(claims);
  if (value === undefined || value === null || value === "") {
    return NO_NAMES;
  }
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!names.every(isText)) {
    throw invalidForm(name, AUDIENCE_FORM, { check: "audience", expected: AUDIENCE_FORM, got: value });
  }
  return Object.freeze(names.filter((each) => each !== ""));
}

/** Make the error of a token without an audience. */
export function missingAudience(name: string): AuthError {
  return invalidForm(name, AUDIENCE_FORM, { check: "audience", expected: AUDIENCE_FORM, got: undefined });
}

/**
 * Read a claim that is a time.
 *
 * @returns seconds since 1970; undefined when the claim is missing
 * @throws AuthError `TOKEN_INVALID` when it is not a finite number that is not negative
 */
export function readTime(claims: Claims, name: string): number | undefined {
  const value = ownMember(claims, name);
  if (value === undefined || isTime(value)) {
    return value;
  }
  throw invalidForm(name, TIME_FORM, { expected: TIME_FORM, got: value });
}

/** Check whether a value can be a time: a finite number that is not negative. */
export function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/**
 * Assert that a claim identifies something.
 *
 * @returns its text
 * @throws AuthError `TOKEN_INVALID` when it is missing, is not a non-empty string, or has control characters
 */
export function assertIdentifier(name: string, value: unknown, check: Check = "claim"): string {
  if (isIdentifier(value)) {
    return value;
  }
  const fault = { check, expected: IDENTIFIER_FORM, got: value };
  throw value === undefined
    ? invalidClaim(`${name} is missing`, fault)
    : invalidForm(name, IDENTIFIER_FORM, fault);
}

/** Check whether a value can identify something: text that is not empty and has no control characters. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !hasControl(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Find characters that no identifier needs, and that logs and databases stumble over: Unicode's category Cc. */
function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) {
      return true;
    }
  }
  return false;
}

function invalidForm(name: string, form: string, fault: ClaimFault): AuthError {
  return invalidClaim(`${name} is not ${form}`, fault);
}

/**
 * Make the error of a claim.
 *
 * @param rule what is wrong with it, behind the word "claim"; never its value
 * @param fault what goes to the operator
 */
export function invalidClaim(rule: string, { check = "claim", expected, got, hint }: ClaimFault): AuthError {
  return createRefusal("TOKEN_INVALID", `claim ${rule}`, { facts: { check, expected, got, hint } });
}
