import { createHash, randomUUID } from "node:crypto";
import {
  craftToken,
  createSigningKey,
  ISSUED_AT_SECONDS,
  type KeyPairAlgorithm,
  type SigningKey,
} from "./tokens.ts";

/** Make the key of a client. */
export function createProofKey(algorithm: KeyPairAlgorithm = "ES256"): SigningKey {
  return createSigningKey(algorithm, "proof");
}

/** Compute the thumbprint of a key of P-256 (RFC 7638 §3), in base64url. */
export function thumbprintOf({ jwk: { crv, kty, x, y } }: SigningKey): string {
  return sha256(JSON.stringify({ crv, kty, x, y }));
}

/** Hash a text, in base64url. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** Keep what RFC 9449 has in the header of a proof: the members of the public key. */
export function publicPartOf({ jwk }: SigningKey): Record<string, unknown> {
  return { ...jwk, kid: undefined, alg: undefined, use: undefined };
}

/** What a proof is made of, beside its key. */
export interface ProofParts {
  /** Claims in place of the good ones, or beside them; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The same of the header. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** The token that it is sent with. Default: none. */
  readonly token?: string;
}

/** Sign a proof. It is good but for what is said. */
export function signProof(key: SigningKey, { claims = {}, header = {}, token }: ProofParts = {}): string {
  return craftToken(
    { typ: "dpop+jwt", alg: key.algorithm, jwk: publicPartOf(key), ...header },
    {
      jti: randomUUID(),
      htm: "POST",
      iat: ISSUED_AT_SECONDS,
      ...(token === undefined ? {} : { ath: sha256(token) }),
      ...claims,
    },
    key.sign,
  );
}
