import { type Claims, ownMember } from "./claim-source.ts";

/** The kind of token that is expected: what else an issuer signs must not pass for it. */
export interface TokenKind {
  /** What it is called, with its article, for refusals. */
  readonly name: string;
  /**
   * Check whether a token is of another kind, although its header `typ` is accepted. Default: none is.
   *
   * @param type header `typ` in lower case and without `application/`; undefined: the token has none
   * @param claims what the token says, which its signature has yet to prove
   */
  isOther?(type: string | undefined, claims: Claims): boolean;
}

/** The type of access tokens (RFC 9068 §2.1). */
const ACCESS_TOKEN_TYPE = "at+jwt";

/**
 * An access token. Security events, such as a logout token, have the issuer, the audience and the subject of one; where the
 * type does not tell them apart, their claim `events` does ([RFC 8417 §2.2](https://www.rfc-editor.org/rfc/rfc8417#section-2.2)).
 */
export const ACCESS_TOKEN: TokenKind = {
  name: "an access token",
  isOther: (type, claims) => type !== ACCESS_TOKEN_TYPE && hasEvents(claims),
};

/** Check whether claims are those of a security event: an object has an event in each member. */
function hasEvents(claims: Claims): boolean {
  const events = ownMember(claims, "events");
  return typeof events === "object" && events !== null && !Array.isArray(events);
}
