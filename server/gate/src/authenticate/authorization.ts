/** How a token is sent: on its own ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)), or with a proof of its sender's key
 * ([RFC 9449 §7.1](https://www.rfc-editor.org/rfc/rfc9449#section-7.1)). */
export type TokenScheme = "Bearer" | "DPoP";

/** What a header that may hold a token holds. */
export type ParsedToken =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly token: string }
  /** A token that is longer than is taken. */
  | { readonly kind: "too_long"; readonly bytes: number }
  /** `found`: what it is instead, in words of ours. */
  | { readonly kind: "malformed"; readonly found: string };

const NONE: ParsedToken = { kind: "none" };
const OTHER_SCHEME: ParsedToken = { kind: "malformed", found: "another scheme, or none" };
const NO_TOKEN: ParsedToken = { kind: "malformed", found: "a scheme without a token" };

const NOTHING: ParsedToken = { kind: "malformed", found: "nothing" };

const BEARER = "bearer ";
const DPOP = "dpop ";
const SPACE = 0x20;

/**
 * Parse an Authorization header as a token of one of two schemes ([RFC 6750
 * §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1), RFC 9449 §7.1): the scheme in any case (RFC 9110 §11.1), at
 * least one space, and something.
 *
 * Any other scheme is malformed: a caller that sends the header means to authenticate, so it is never taken for "no
 * token". What the token is made of is not looked at here: a token that was verified before was looked at then, and
 * for any other, `parseCompactJws` allows fewer characters than the header does.
 *
 * @param header the value of the header; null when it was not sent
 * @param maxTokenBytes the longest token that is taken; of a longer one only the length is looked at
 */
export function parseAuthorization(header: string | null, maxTokenBytes: number): ParsedToken {
  if (header === null) {
    return NONE;
  }
  const scheme = schemeOf(header);
  if (scheme === undefined) {
    return OTHER_SCHEME;
  }
  let start = scheme.length + 1;
  while (header.charCodeAt(start) === SPACE) {
    start += 1;
  }
  const bytes = header.length - start;
  if (bytes > maxTokenBytes) {
    return { kind: "too_long", bytes };
  }
  return bytes === 0 ? NO_TOKEN : { kind: "token", token: header.slice(start) };
}

/**
 * Parse a header that holds a token and nothing else, as proxies add one that have signed a user in. A header that is
 * there and empty is malformed.
 *
 * @param header the value of the header; null when it was not sent
 * @param maxTokenBytes the longest token that is taken; of a longer one only the length is looked at
 */
export function parseBare(header: string | null, maxTokenBytes: number): ParsedToken {
  if (header === null) {
    return NONE;
  }
  if (header.length > maxTokenBytes) {
    return { kind: "too_long", bytes: header.length };
  }
  return header === "" ? NOTHING : { kind: "token", token: header };
}

/** Find the scheme of an Authorization header; undefined: another one, or none. */
export function schemeOf(header: string): TokenScheme | undefined {
  // Nearly everyone writes it in one way, which spares the copy in lower case.
  if (header.startsWith("Bearer ") || header.slice(0, BEARER.length).toLowerCase() === BEARER) {
    return "Bearer";
  }
  return header.slice(0, DPOP.length).toLowerCase() === DPOP ? "DPoP" : undefined;
}
