/** How many scopes one request may ask for. */
export const MAX_SCOPES = 64;

/** A scope-token of RFC 6749 §3.3; roles have the same form. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/;

/** 128 random bits in base64url have 22 characters; identifiers of other makers may be somewhat different. */
const REFRESH_ID = /^[\w-]{16,64}$/;

/** Check whether a text can be the name of a scope or role. */
export function isScopeToken(text: string): boolean {
  return SCOPE_TOKEN.test(text);
}

/** Check whether a text can name an attempt to refresh. */
export function isRefreshId(text: string): boolean {
  return REFRESH_ID.test(text);
}

/**
 * Drop the characters that an error's description must not have (RFC 6749 §5.2), nor the quotes of a challenge
 * (RFC 6750 §3).
 */
export function toQuotable(text: string): string {
  return text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "");
}
