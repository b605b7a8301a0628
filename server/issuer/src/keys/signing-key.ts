import { createPrivateKey, sign, type webcrypto } from "node:crypto";
import type { VerificationKey } from "@countersign/server";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { SigningKeyRecord } from "../store/signing-keys.ts";
import { seal, unseal } from "./seal.ts";

/** The algorithm of our own keys: small signatures, and every JWT library has it. */
export const SIGNING_ALGORITHM = "ES256";

/** A key that can sign now. */
export interface SigningKey {
  /** Its identifier: the RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: typeof SIGNING_ALGORITHM;
  /**
   * Sign a text ([RFC 7518 §3.4](https://www.rfc-editor.org/rfc/rfc7518#section-3.4)). At once, and not with Web Crypto, which takes
   * twice the processor time: signing was a third of a refresh.
   *
   * @returns the signature in base64url
   */
  readonly sign: (text: string) => string;
}

/**
 * Make a new key pair, the private half sealed under `sealingKey`.
 *
 * @param state `active` only for the first key of all
 */
export async function generateSigningKey(
  sealingKey: Uint8Array,
  state: "next" | "active",
  nowMs: number,
): Promise<SigningKeyRecord> {
  const pair = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    kid,
    algorithm: SIGNING_ALGORITHM,
    publicJwk: JSON.stringify({ ...publicJwk, kid, alg: SIGNING_ALGORITHM, use: "sig" }),
    privateSealed: seal(sealingKey, JSON.stringify(await exportJWK(pair.privateKey)), kid),
    state,
    createdAtMs: nowMs,
    activeAtMs: state === "active" ? nowMs : undefined,
    retiredAtMs: undefined,
  };
}

/** The secret is not the one that the signing keys of a store were sealed under. */
export class WrongSecretError extends Error {
  override readonly name = "WrongSecretError";

  constructor() {
    super("the secret file is not the one that the signing keys of this store were made with");
  }
}

/** Check whether the private half of a key was sealed under a key, and is unchanged. */
export function isSealedUnder(sealingKey: Uint8Array, record: SigningKeyRecord): boolean {
  return unseal(sealingKey, record.privateSealed ?? "", record.kid) !== undefined;
}

/**
 * Unseal the private half of a key. What it returns can sign with it, and cannot show it.
 *
 * @throws WrongSecretError when `sealingKey` is not the one that it was sealed under
 */
export function importSigningKey(sealingKey: Uint8Array, record: SigningKeyRecord): SigningKey {
  const opened = unseal(sealingKey, record.privateSealed ?? "", record.kid);
  if (opened === undefined) {
    throw new WrongSecretError();
  }
  // Proven unchanged by its seal.
  const key = createPrivateKey({ key: JSON.parse(opened) as webcrypto.JsonWebKey, format: "jwk" });
  return {
    kid: record.kid,
    algorithm: SIGNING_ALGORITHM,
    sign: (text) =>
      sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url"),
  };
}

/** Import the public half of a key. */
export async function importVerificationKey(record: SigningKeyRecord): Promise<VerificationKey> {
  // Written by generateSigningKey.
  const key = await importJWK(JSON.parse(record.publicJwk) as JWK, SIGNING_ALGORITHM);
  if (key instanceof Uint8Array) {
    throw new TypeError("a signing key of the store is not an elliptic-curve key");
  }
  return Object.freeze({ kid: record.kid, algorithm: SIGNING_ALGORITHM, key });
}
