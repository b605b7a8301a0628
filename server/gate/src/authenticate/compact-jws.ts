import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { DEFAULT_MAX_TOKEN_BYTES } from "./token-size.ts";
import { parseUniqueJsonObject } from "./unique-json.ts";

/** The two readable parts of a token. Neither may be trusted before the signature has been verified. */
export interface UnverifiedJws {
  /** The protected header. */
  readonly header: Readonly<Record<string, unknown>>;
  /** The claims. */
  readonly payload: Readonly<Record<string, unknown>>;
}

const FORM = "a JWS in compact form: header.payload.signature";

/** What neither base64url nor the dots between segments have. */
const FOREIGN = /[^\w.-]/;
/** How a segment whose length leaves 2 or 3 characters over must end, so that the unused bits are zero. */
const CANONICAL_ENDS = { 2: "AQgw", 3: "AEIMQUYcgkosw048" } as const;
const NON_ASCII = /[\x80-\xff]/;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parse a token in JWS compact serialization, strictly ([RFC 7515
 * §7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)).
 *
 * Many strings must never verify as one token, so every form but one is refused: padding, white space, unused
 * bits that are set, text that is not UTF-8, and JSON with a name that stands twice.
 *
 * @param maxBytes a longer token is refused, and is not looked at. Default: 8,192
 * @throws AuthError `TOKEN_INVALID` when the form is wrong
 */
export function parseCompactJws(token: string, maxBytes: number = DEFAULT_MAX_TOKEN_BYTES): UnverifiedJws {
  if (token.length > maxBytes) {
    throw malformed(`the token is longer than ${maxBytes} characters`);
  }
  const [header, payload, signature, ...others] = token.split(".", 4);
  if (!header || !payload || !signature || others.length > 0 || FOREIGN.test(token)) {
    throw malformed("the token is not three base64url segments");
  }
  if (!isCanonical(header) || !isCanonical(payload) || !isCanonical(signature)) {
    throw malformed("the token's base64url is not canonical");
  }
  return { header: parsePart("header", header), payload: parsePart("payload", payload) };
}

/** Headers that change what a signature means. No issuer of access tokens and no client needs one, so none is taken. */
const REFUSED_HEADERS = ["crit", "b64", "enc", "zip"] as const;

/** Check whether a token has a header that changes what its signature means. */
export function hasRefusedHeader(header: UnverifiedJws["header"]): boolean {
  return REFUSED_HEADERS.some((name) => Object.hasOwn(header, name)) || hasForeignContent(header);
}

/**
 * A token says in `cty` that another token is inside
 * ([RFC 7519 §5.2](https://www.rfc-editor.org/rfc/rfc7519#section-5.2)). Some issuers write `JWT` all the same: what is
 * inside was parsed as claims by then, and so is no token.
 */
function hasForeignContent(header: UnverifiedJws["header"]): boolean {
  const { cty } = header;
  return Object.hasOwn(header, "cty") && !(typeof cty === "string" && cty.toUpperCase() === "JWT");
}

function isCanonical(segment: string): boolean {
  const over = segment.length % 4;
  return over === 0 || ((over === 2 || over === 3) && CANONICAL_ENDS[over].includes(segment.slice(-1)));
}

function parsePart(part: keyof UnverifiedJws, segment: string): Record<string, unknown> {
  const object = parseUniqueJsonObject(decodePart(part, segment));
  if (object === undefined) {
    throw malformed(`the token's ${part} is not one JSON object with unique names`);
  }
  return object;
}

/** Decode base64url that has been found canonical. Most tokens are ASCII, which needs no bytes in between. */
function decodePart(part: keyof UnverifiedJws, segment: string): string {
  const binary = atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
  if (!NON_ASCII.test(binary)) {
    return binary;
  }
  try {
    return utf8.decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  } catch {
    throw malformed(`the token's ${part} is not UTF-8`);
  }
}

function malformed(rule: string): AuthError {
  return createRefusal("TOKEN_INVALID", rule, { facts: { check: "token_form", expected: FORM } });
}
