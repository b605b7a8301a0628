/** Header fields in order, as they go over the wire: names may stand twice. */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** A request that tries to get past the gate, or just may. */
export interface HostileCase {
  /** What is tried. */
  readonly name: string;
  readonly fields: HeaderFields;
  /** The method that is called. Default: `Call`, which needs a token and nothing else. */
  readonly method?: "Call" | "Optional" | "Admin";
  /** What follows the path. */
  readonly query?: string;
  /** The reason for the refusal, or that there is none. */
  readonly outcome: Outcome;
  /** What the audit says of it: that the case was refused for what it tries, and not by accident. */
  readonly detail?: string;
}

/** How a call may end. */
export type Outcome =
  | "passed"
  | "TOKEN_MISSING"
  | "TOKEN_INVALID"
  | "TOKEN_EXPIRED"
  | "SESSION_REVOKED"
  | "INSUFFICIENT_SCOPE";

/** Send a token as it should be sent. */
export function bearer(token: string): HeaderFields {
  return [["authorization", `Bearer ${token}`]];
}

/** Make a case of a token that is not valid. */
export function invalid(name: string, token: string, detail: string): HostileCase {
  return { name, fields: bearer(token), outcome: "TOKEN_INVALID", detail };
}

/** Make a case of a token that is good however it looks: the gate must not be closed to everyone. */
export function passes(name: string, token: string): HostileCase {
  return { name, fields: bearer(token), outcome: "passed" };
}

/** What the audit says when a check fails. */
export const DETAIL = {
  form: "the authorization header is not one token with a scheme",
  twice: "the token was sent in more than one way",
  missing: "the call needs an access token",
  length: "the token is longer than 8192 characters",
  segments: "the token is not three base64url segments",
  canonical: "the token's base64url is not canonical",
  headerUtf8: "the token's header is not UTF-8",
  payloadUtf8: "the token's payload is not UTF-8",
  headerJson: "the token's header is not one JSON object with unique names",
  payloadJson: "the token's payload is not one JSON object with unique names",
  issuer: "the issuer is not trusted",
  algorithm: "header alg is not allowed for the issuer",
  type: "header typ is not that of an access token",
  kid: "header kid is not text",
  extension: "the header has an extension that is not understood",
  key: "the issuer has no such key",
  signature: "the signature does not verify",
  audience: "claim aud does not name this server",
  audienceForm: "claim aud is not one or more non-empty strings",
  life: "the token's life is not positive, or longer than is accepted",
  early: "the token is not valid yet",
  expired: "the token has expired",
  binding: "claim cnf is not one known confirmation",
  unbound: "the token is bound to no key and was sent with a DPoP proof",
  bound: "the token is bound to a key and was sent as a bearer token",
  boundToCertificate: "the token is bound to a certificate that its sender has not shown",
} as const;
