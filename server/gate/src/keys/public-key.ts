import { importJWK } from "jose/key/import";
import { describeFault, modulusBitsOf } from "./jwk-fault.ts";
import type { SignatureAlgorithm } from "./key-source.ts";

/** The members of a public key, as JSON has them ([RFC 7518 §6](https://www.rfc-editor.org/rfc/rfc7518#section-6)). */
export interface PublicJwk {
  readonly kty?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

/** Import one public key for one algorithm. @returns undefined when it is none, or one that is too weak */
export async function importPublicKey(
  jwk: PublicJwk,
  algorithm: SignatureAlgorithm,
): Promise<CryptoKey | undefined> {
  try {
    const key = await importJWK({ ...jwk }, algorithm);
    const isGood = !(key instanceof Uint8Array) && describeFault(jwk, modulusBitsOf(key)) === undefined;
    return isGood ? key : undefined;
  } catch {
    return undefined; // not a point of its curve, or no number
  }
}
