/** What an Authorization header holds. */
export type BearerHeader =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "malformed" };

const NONE: BearerHeader = { kind: "none" };
const MALFORMED: BearerHeader = { kind: "malformed" };

/** The scheme in any case (RFC 9110 §11.1), at least one space, and one token68. */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * Parse an Authorization header as a bearer token ([RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
 *
 * Any other scheme, two tokens in one header and stray characters are malformed: whoever sends a header means
 * to be known by it, so it is never taken for "no token".
 *
 * @param header the value of the header; null when it was not sent
 * @param maxChars a longer header is malformed, and is not looked at
 */
export function parseBearer(header: string | null, maxChars: number): BearerHeader {
  if (header === null) {
    return NONE;
  }
  if (header.length > maxChars) {
    return MALFORMED;
  }
  const token = BEARER.exec(header)?.[1];
  return token === undefined ? MALFORMED : { kind: "token", token };
}
