import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { SignatureAlgorithm } from "../../server/gate/src/keys/key-source.ts";

/** When the tokens of tests are issued, in seconds since 1970, and for how long. */
export const ISSUED_AT_SECONDS = Date.UTC(2026, 5, 1, 12, 0, 0) / 1000;
export const LIFE_SECONDS = 600;

/** A part of a token: a value that is written as JSON, text as it is, or bytes as they are. */
export type TokenPart = object | string | Uint8Array;

/** Signs what stands before the second dot. */
export type Signer = (input: string) => Uint8Array;

/** A key pair of an issuer. */
export interface SigningKey {
  readonly algorithm: SignatureAlgorithm;
  readonly kid: string;
  /** The public key, as an issuer publishes it. */
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly privateKey: KeyObject;
  readonly sign: Signer;
}

const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 });

const GENERATORS = {
  EdDSA: () => generateKeyPairSync("ed25519"),
  Ed25519: () => generateKeyPairSync("ed25519"),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ES384: () => generateKeyPairSync("ec", { namedCurve: "P-384" }),
  ES512: () => generateKeyPairSync("ec", { namedCurve: "P-521" }),
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
} satisfies Partial<Record<SignatureAlgorithm, () => { privateKey: KeyObject; publicKey: KeyObject }>>;

/** The algorithms that tests make keys for. */
export type KeyPairAlgorithm = keyof typeof GENERATORS;

/** Make a key pair. */
export function createSigningKey(algorithm: KeyPairAlgorithm, kid: string): SigningKey {
  const { privateKey, publicKey } = GENERATORS[algorithm]();
  return {
    algorithm,
    kid,
    jwk: { ...publicKey.export({ format: "jwk" }), kid, alg: algorithm, use: "sig" },
    privateKey,
    sign: signerOf(algorithm, privateKey),
  };
}

/** Sign with a private key, whatever it was made for. */
export function signerOf(algorithm: KeyPairAlgorithm, key: KeyObject): Signer {
  if (algorithm === "EdDSA" || algorithm === "Ed25519") {
    return (input) => sign(null, Buffer.from(input), key);
  }
  const bits = Number(algorithm.slice(2));
  const how = {
    ES: { dsaEncoding: "ieee-p1363" },
    RS: { padding: constants.RSA_PKCS1_PADDING },
    PS: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 },
  } as const;
  const kind = algorithm.slice(0, 2) as keyof typeof how; // what is left of the names
  return (input) => sign(`sha${bits}`, Buffer.from(input), { key, ...how[kind] });
}

/** Sign with a secret. */
export function macOf(secret: Uint8Array | string, bits: 256 | 384 | 512 = 256): Signer {
  return (input) => createHmac(`sha${bits}`, secret).update(input).digest();
}

/** The claims of a good token. */
export function goodClaims(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    iss: "https://issuer.example",
    sub: "usr_ada",
    aud: "ledger",
    iat: ISSUED_AT_SECONDS,
    exp: ISSUED_AT_SECONDS + LIFE_SECONDS,
    jti: "token-1",
    client_id: "app",
    sid: "session-1",
    scope: "read write",
    roles: ["author"],
    ...overrides,
  };
}

/** Write any token, also one that no issuer would. Without a signer the signature is left empty. */
export function craftToken(header: TokenPart, payload: TokenPart, signer?: Signer): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`;
  return `${input}.${signer === undefined ? "" : Buffer.from(signer(input)).toString("base64url")}`;
}

/** Sign good claims, or others. */
export function signToken(
  key: SigningKey,
  claims: TokenPart = goodClaims(),
  header: Readonly<Record<string, unknown>> = {},
): string {
  return craftToken({ alg: key.algorithm, typ: "at+jwt", kid: key.kid, ...header }, claims, key.sign);
}

/** Write a part of a token in base64url. */
export function encodePart(part: TokenPart): string {
  const bytes = typeof part === "string" || part instanceof Uint8Array ? part : JSON.stringify(part);
  return Buffer.from(bytes).toString("base64url");
}
