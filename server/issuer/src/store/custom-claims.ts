/** A value that JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Claims of an access token that the issuer does not make itself, by their name. */
export type CustomClaims = Readonly<Record<string, JsonValue>>;

/** No claims. */
export const NO_CLAIMS: CustomClaims = Object.freeze({});

/**
 * The names that no account, client or hook gives a value to: those that the issuer or a gate reads (RFC 7519 §4.1,
 * RFC 9068 §2.2, RFC 8693 §4.1, RFC 7800 §3.1, OpenID Connect Core §2), and those of answers about tokens (RFC 7662 §2.2,
 * RFC 9200 §8.12), where what an issuer says of the token itself stands beside its claims.
 */
export const RESERVED_CLAIMS: ReadonlySet<string> = new Set([
  ...["iss", "sub", "aud", "exp", "nbf", "iat", "jti"],
  ...["client_id", "azp", "cid", "appid", "sid", "scope", "scp", "roles"],
  ...["auth_time", "acr", "amr", "act", "cnf"],
  ...["typ", "token_use", "nonce", "at_hash", "c_hash", "s_hash", "events", "sub_id"],
  ...["active", "token_type", "username", "ace_profile", "cnonce", "exi", "rs_cnf"],
]);

/** How many claims one token has beside its own. */
const MAX_CLAIMS = 32;

/** How large they are together, as JSON, in bytes: a token with them is still far below what gates read. */
const MAX_CLAIMS_BYTES = 4 * 1024;

/** How long the name of a claim may be, in UTF-16 units. Names are often URLs. */
const MAX_NAME_CHARS = 256;

/** How deep objects and lists may stand in each other. */
const MAX_DEPTH = 8;

/** Claims that cannot stand in a token. The message names the rule, and not the value. */
export class ClaimsFault extends Error {
  override readonly name = "ClaimsFault";
}

/**
 * Copy claims, so that what is changed later changes no token, and hold them to the rules for names and sizes. A member
 * that is undefined is left out.
 *
 * @param claims whatever a program gave
 * @throws ClaimsFault when they break a rule
 */
export function copyClaims(claims: unknown): CustomClaims {
  if (!isPlainObject(claims)) {
    throw new ClaimsFault("claims must be an object");
  }
  // Read no more than could be kept: whatever it is, it stays in memory while it is copied.
  const budget = { left: MAX_CLAIMS_BYTES };
  const copy = copyObject(claims, { budget, depth: 1 });
  Object.keys(copy).forEach(assertClaimName);
  assertClaimSizes(copy);
  return copy;
}

/**
 * Put claims together. Those of the second go before those of the first.
 *
 * @throws ClaimsFault when there are too many of them together
 */
export function mergeClaims(first: CustomClaims, second: CustomClaims): CustomClaims {
  const merged = { ...first, ...second };
  assertClaimSizes(merged);
  return merged;
}

/** Leave the claims of a token that the issuer does not make itself. */
export function pickCustomClaims(
  claims: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !RESERVED_CLAIMS.has(name)));
}

/** Write claims into a column. */
export function toClaimsColumn(claims: CustomClaims): string | null {
  return Object.keys(claims).length === 0 ? null : JSON.stringify(claims);
}

/**
 * Read claims out of a column. A name that was reserved since they were written is left out: it never stands in a token.
 *
 * @throws TypeError when the column holds something else
 */
export function parseClaimsColumn(json: string | null): CustomClaims {
  if (json === null) {
    return NO_CLAIMS;
  }
  const value: unknown = JSON.parse(json);
  if (!isPlainObject(value)) {
    throw new TypeError("a column of the store does not hold claims");
  }
  return pickCustomClaims(value) as CustomClaims; // what JSON.parse gives is JSON
}

/** @throws ClaimsFault when a claim cannot have the name */
function assertClaimName(name: string): void {
  if (RESERVED_CLAIMS.has(name)) {
    throw new ClaimsFault(`the claim ${name} is one that the issuer or a gate gives a meaning to`);
  }
  if (name === "" || name.length > MAX_NAME_CHARS || /\p{C}|\s/u.test(name)) {
    throw new ClaimsFault(
      `the name of a claim must be 1 to ${MAX_NAME_CHARS} characters without spaces and control characters`,
    );
  }
}

function assertClaimSizes(claims: CustomClaims): void {
  if (Object.keys(claims).length > MAX_CLAIMS) {
    throw new ClaimsFault(`there must be at most ${MAX_CLAIMS} claims`);
  }
  if (Buffer.byteLength(JSON.stringify(claims)) > MAX_CLAIMS_BYTES) {
    throw tooLarge();
  }
}

interface Place {
  /** How many bytes of JSON may still follow, counted from below. */
  readonly budget: { left: number };
  readonly depth: number;
}

function copyValue(value: unknown, place: Place): JsonValue {
  spend(place, typeof value === "string" ? value.length + 2 : 1);
  if (value === null || typeof value === "string" || typeof value === "boolean") {
    return value;
  }
  if (typeof value === "number" && Number.isFinite(value)) {
    return value;
  }
  const inner = { budget: place.budget, depth: place.depth + 1 };
  if (Array.isArray(value)) {
    assertDepth(inner);
    return Array.from(value, (item) => copyValue(item, inner));
  }
  if (isPlainObject(value)) {
    return copyObject(value, inner);
  }
  throw new ClaimsFault(
    "a claim must be JSON: text, numbers, booleans, null, and lists and objects of these",
  );
}

function copyObject(value: Readonly<Record<string, unknown>>, place: Place): CustomClaims {
  assertDepth(place);
  const copy: Record<string, JsonValue> = {};
  for (const [name, member] of Object.entries(value)) {
    if (name === "__proto__") {
      throw new ClaimsFault("no member of a claim may be called __proto__");
    }
    if (member !== undefined) {
      spend(place, name.length + 3);
      copy[name] = copyValue(member, place);
    }
  }
  return copy;
}

function assertDepth({ depth }: Place): void {
  if (depth > MAX_DEPTH) {
    throw new ClaimsFault(`objects and lists must stand in each other at most ${MAX_DEPTH} deep`);
  }
}

function spend({ budget }: Place, bytes: number): void {
  budget.left -= bytes;
  if (budget.left < 0) {
    throw tooLarge();
  }
}

function tooLarge(): ClaimsFault {
  return new ClaimsFault(`claims must have at most ${MAX_CLAIMS_BYTES} bytes together, as JSON`);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
