/** What an Authorization header holds. */
export type BearerHeader =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "malformed" };

const NONE: BearerHeader = { kind: "none" };
const MALFORMED: BearerHeader = { kind: "malformed" };

const SCHEME = "bearer ";
const SPACE = 0x20;

/**
 * Parse an Authorization header as a bearer token ([RFC 6750
 * §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)): the scheme in any case (RFC 9110 §11.1), at least one
 * space, and something.
 *
 * Any other scheme is malformed: a caller that sends the header means to authenticate, so it is never taken for "no
 * token". What the token is made of is not looked at here: a token that was verified before was looked at then, and
 * for any other, `parseCompactJws` allows fewer characters than the header does.
 *
 * @param header the value of the header; null when it was not sent
 * @param maxChars a longer header is malformed, and is not looked at
 */
export function parseBearer(header: string | null, maxChars: number): BearerHeader {
  if (header === null) {
    return NONE;
  }
  if (header.length > maxChars || !hasScheme(header)) {
    return MALFORMED;
  }
  let start = SCHEME.length;
  while (header.charCodeAt(start) === SPACE) {
    start += 1;
  }
  return start === header.length ? MALFORMED : { kind: "token", token: header.slice(start) };
}

/** Nearly everyone writes it in one way, which spares the copy in lower case. */
function hasScheme(header: string): boolean {
  return header.startsWith("Bearer ") || header.slice(0, SCHEME.length).toLowerCase() === SCHEME;
}
