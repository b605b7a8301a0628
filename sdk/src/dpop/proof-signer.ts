import { toBase64Url } from "../core/base64url.ts";
import type { ProofKey } from "../core/token-binding.ts";
import { toKeyPair } from "./proof-key.ts";

/** Signs proofs with one key. */
export interface ProofSigner {
  readonly keyPair: CryptoKeyPair;
  /** The thumbprint of the key ([RFC 7638](https://www.rfc-editor.org/rfc/rfc7638)), as tokens name it. */
  readonly thumbprint: string;
  /** Write a proof with these claims. */
  readonly sign: (claims: object) => Promise<string>;
}

const utf8 = new TextEncoder();

/** Create what finds the signer of a key. Each key is prepared once. */
export function createProofSigners(): (key: ProofKey) => Promise<ProofSigner> {
  const signers = new WeakMap<ProofKey, Promise<ProofSigner>>();
  return (key) => {
    const signer = signers.get(key) ?? createProofSigner(key);
    signers.set(key, signer);
    return signer;
  };
}

async function createProofSigner(key: ProofKey): Promise<ProofSigner> {
  const keyPair = await toKeyPair(key);
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", keyPair.publicKey);
  // In this order, the text is the one that a thumbprint is of (RFC 7638 §3.3).
  const jwk = { crv, kty, x, y };
  const header = encode({ typ: "dpop+jwt", alg: "ES256", jwk });
  return {
    keyPair,
    thumbprint: await hashText(JSON.stringify(jwk)),
    async sign(claims) {
      const input = `${header}.${encode(claims)}`;
      const algorithm = { name: "ECDSA", hash: "SHA-256" };
      const signature = await crypto.subtle.sign(algorithm, keyPair.privateKey, utf8.encode(input));
      return `${input}.${toBase64Url(new Uint8Array(signature))}`;
    },
  };
}

function encode(part: object): string {
  return toBase64Url(utf8.encode(JSON.stringify(part)));
}

/** Hash a text with SHA-256, in base64url. */
export async function hashText(text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(text))));
}
