import { hasRefusedHeader, parseCompactJws, type UnverifiedJws } from "../authenticate/compact-jws.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { FactsInput } from "../errors/facts.ts";
import type { SignatureAlgorithm } from "../keys/key-source.ts";
import { algorithmsOfKey } from "../keys/public-algorithms.ts";
import type { PublicJwk } from "../keys/public-key.ts";
import { refuseProof } from "./proof-refusal.ts";

/** The longest proof that is looked at, in characters: one with an RSA key of 8,192 bits fits. */
const MAX_PROOF_CHARS = 8 * 1024;

/** An identifier is a UUID or a few random bytes. A longer one is not worth its memory. */
const MAX_ID_CHARS = 256;

const TYPE = "dpop+jwt";

/**
 * The algorithms that a proof may be signed with: asymmetric ones that take about 200 µs or less to check. Those of P-384
 * and P-521 take ten times as long, and the sender decides how many proofs there are.
 */
export const PROOF_ALGORITHMS: readonly SignatureAlgorithm[] = [
  "ES256",
  "EdDSA",
  "Ed25519",
  "PS256",
  "RS256",
];

/** The members of a private or a shared key ([RFC 7518 §6](https://www.rfc-editor.org/rfc/rfc7518#section-6)). */
const SECRET_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] as const;

/** The members that make a public key, in the order of its thumbprint. */
const PUBLIC_MEMBERS: ReadonlyMap<string, readonly (keyof PublicJwk)[]> = new Map([
  ["EC", ["crv", "kty", "x", "y"]],
  ["OKP", ["crv", "kty", "x"]],
  ["RSA", ["e", "kty", "n"]],
]);

/** What the parts of a key are written in: their names, such as `P-256`, and base64url. */
const PART = /^[\w-]+$/;

/** A proof of which only the form is known to be good. */
export interface UnverifiedProof {
  /** The JWT. */
  readonly jwt: string;
  readonly algorithm: SignatureAlgorithm;
  /** The members of the public key, and nothing else, in the order of RFC 7638 §3. */
  readonly publicJwk: PublicJwk;
  readonly claims: ProofClaims;
}

/** The claims of a proof ([RFC 9449 §4.2](https://www.rfc-editor.org/rfc/rfc9449#section-4.2)). */
export interface ProofClaims {
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly ath: unknown;
  readonly nonce: unknown;
}

/**
 * Read a proof: one JWT of type `dpop+jwt` with a public key in its header
 * ([RFC 9449 §4.3](https://www.rfc-editor.org/rfc/rfc9449#section-4.3), checks 2 to 5 and 7).
 *
 * @throws AuthError `DPOP_PROOF_INVALID` when it is anything else
 */
export function readProof(jwt: string): UnverifiedProof {
  const { header, payload } = parse(jwt);
  if (header.typ !== TYPE) {
    throw refuse("header typ is not that of a DPoP proof", TYPE, header.typ);
  }
  const algorithm = PROOF_ALGORITHMS.find((name) => name === header.alg);
  if (algorithm === undefined) {
    throw refuse("header alg is not allowed for a DPoP proof", PROOF_ALGORITHMS, header.alg);
  }
  if (hasRefusedHeader(header)) {
    throw refuse("the header has an extension that is not understood", "no crit, b64, enc, zip or cty", () =>
      Object.keys(header),
    );
  }
  return { jwt, algorithm, publicJwk: readKey(header.jwk, algorithm), claims: readClaims(payload) };
}

function parse(jwt: string): UnverifiedJws {
  try {
    return parseCompactJws(jwt, MAX_PROOF_CHARS);
  } catch (error) {
    if (!(error instanceof AuthError)) {
      throw error;
    }
    // Its rule speaks of a token, which a proof is to the parser.
    throw refuse("the DPoP proof is not one JWT", "a JWS in compact form", error.message);
  }
}

/** Keep what makes the key: members beside it, such as `kid` and `x5c`, are not looked at. */
function readKey(jwk: unknown, algorithm: SignatureAlgorithm): PublicJwk {
  if (typeof jwk !== "object" || jwk === null || Array.isArray(jwk)) {
    throw refuse("header jwk is not a key", "a public key", jwk);
  }
  const given = new Map<string, unknown>(Object.entries(jwk));
  if (SECRET_MEMBERS.some((name) => given.has(name))) {
    throw refuse("header jwk is not a public key", "no private member", () => [...given.keys()]);
  }
  const kty = String(given.get("kty"));
  const members = (PUBLIC_MEMBERS.get(kty) ?? []).map((name) => [name, given.get(name)] as const);
  const crv = kty === "RSA" ? undefined : String(given.get("crv"));
  if (!algorithmsOfKey(kty, crv).includes(algorithm)) {
    throw refuse("header jwk is not a key of header alg", `a key for ${algorithm}`, [kty, crv]);
  }
  if (!members.every(([, value]) => typeof value === "string" && PART.test(value))) {
    throw refuse("header jwk lacks a part of the key", "base64url for each of its parts", undefined);
  }
  return Object.fromEntries(members);
}

function readClaims({ jti, htm, htu, iat, ath, nonce }: UnverifiedJws["payload"]): ProofClaims {
  if (typeof jti !== "string" || jti === "" || jti.length > MAX_ID_CHARS) {
    throw refuse("claim jti is not an identifier", `text of at most ${MAX_ID_CHARS} characters`, jti);
  }
  if (typeof htm !== "string") {
    throw refuse("claim htm is not text", "a method of HTTP", htm);
  }
  if (typeof htu !== "string") {
    throw refuse("claim htu is not text", "a URL", htu);
  }
  if (typeof iat !== "number" || !Number.isFinite(iat)) {
    throw refuse("claim iat is not a time", "seconds since 1970", iat);
  }
  return { jti, htm, htu, iat, ath, nonce };
}

function refuse(rule: string, expected: FactsInput["expected"], got: FactsInput["got"]): AuthError {
  return refuseProof(rule, { check: "proof", expected, got });
}
