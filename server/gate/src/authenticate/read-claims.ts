import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";

/** The claims of a token, as parsed. */
export type Claims = Readonly<Record<string, unknown>>;

const NO_WORDS: readonly string[] = Object.freeze([]);

/**
 * Read claim `aud`: one name, or several ([RFC 7519 §4.1.3](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3)).
 *
 * @throws AuthError `TOKEN_INVALID` when it is missing, empty, or not made of non-empty strings
 */
export function readAudience(claims: Claims): readonly string[] {
  const value = claims.aud;
  if (isNonEmptyString(value)) {
    return Object.freeze([value]);
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every(isNonEmptyString)) {
    throw invalidClaim("aud is not one or more non-empty strings");
  }
  return Object.freeze([...value]);
}

/**
 * Read a claim that is a time.
 *
 * @returns seconds since 1970; undefined when the claim is missing
 * @throws AuthError `TOKEN_INVALID` when it is not a finite number that is not negative
 */
export function readTime(claims: Claims, name: string): number | undefined {
  const value = claims[name];
  if (value !== undefined && (typeof value !== "number" || !Number.isFinite(value) || value < 0)) {
    throw invalidClaim(`${name} is not a time`);
  }
  return value;
}

/**
 * Read a claim that identifies something.
 *
 * @returns its text; undefined when the claim is missing
 * @throws AuthError `TOKEN_INVALID` when it is not a non-empty string, or has control characters
 */
export function readIdentifier(claims: Claims, name: string): string | undefined {
  const value = claims[name];
  if (value !== undefined && !isIdentifier(value)) {
    throw invalidClaim(`${name} is not a non-empty string`);
  }
  return value;
}

/** Check whether a value can identify something: text that is not empty and has no control characters. */
export function isIdentifier(value: unknown): value is string {
  return isNonEmptyString(value) && !hasControl(value);
}

/**
 * Read claim `amr`: the methods by which the user proved who they are
 * ([RFC 8176](https://www.rfc-editor.org/rfc/rfc8176#section-1)).
 *
 * @returns the methods; none when the claim is missing, or is not a list of text
 */
export function readMethods(claims: Claims): readonly string[] {
  const value = claims.amr;
  return Array.isArray(value) && value.every(isIdentifier) ? Object.freeze([...value]) : NO_WORDS;
}

/**
 * Read a claim that is words: with spaces between them
 * ([RFC 8693 §4.2](https://www.rfc-editor.org/rfc/rfc8693#section-4.2)), as an array, or as an array of objects
 * that each have a `value` ([RFC 7643 §4.1.2](https://www.rfc-editor.org/rfc/rfc7643#section-4.1.2)).
 *
 * @throws AuthError `TOKEN_INVALID` when it is anything else
 */
export function readWords(claims: Claims, name: string): readonly string[] {
  const value = claims[name];
  if (value === undefined) {
    return NO_WORDS;
  }
  const words: readonly string[] = typeof value === "string" ? value.split(" ") : toArray(value).map(toWord);
  // Only filtering leaves room to spare in an array: a quarter of what a remembered token takes.
  return Object.freeze(words.includes("") ? words.filter((word) => word !== "").slice() : words);
}

function toArray(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw invalidClaim("of scopes or roles is neither text nor a list");
  }
  return value;
}

function toWord(item: unknown): string {
  const word = typeof item === "object" && item !== null && "value" in item ? item.value : item;
  if (typeof word !== "string") {
    throw invalidClaim("of scopes or roles has a member that is not text");
  }
  return word;
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

function isNonEmptyString(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Make the error of a claim. @param fault what is wrong with it; never its value */
export function invalidClaim(fault: string): AuthError {
  return createRefusal("TOKEN_INVALID", `claim ${fault}`);
}
