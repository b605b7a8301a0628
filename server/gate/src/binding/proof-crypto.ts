import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { verifySignature } from "../authenticate/verify-signature.ts";
import { describeFault } from "../keys/jwk-fault.ts";
import { importPublicKey, type PublicJwk } from "../keys/public-key.ts";
import type { UnverifiedProof } from "./read-proof.ts";

/** Looked at here, so that runtimes without it can load this file too. */
const { process } = globalThis;

const utf8 = new TextEncoder();

/** Checks whether a proof is signed with one key. */
export type CheckSignature = (jwt: string) => boolean | Promise<boolean>;

/** What checks of proofs need of cryptography: at once on Node, with promises elsewhere. */
export interface ProofCrypto {
  /**
   * Import the key of a proof.
   *
   * @returns undefined when it is none, or one that is too weak
   */
  importKey(
    proof: Pick<UnverifiedProof, "publicJwk" | "algorithm">,
  ): CheckSignature | undefined | Promise<CheckSignature | undefined>;
  /** Hash a text with SHA-256, in base64url. */
  hash(text: string): string | Promise<string>;
  /** Make the HMAC-SHA-256 of a text, in base64url. */
  mac(secret: Uint8Array, text: string): string | Promise<string>;
}

/** Create what the runtime has: `node:crypto` where there is one, and else Web Crypto, which answers with promises. */
export function createProofCrypto(): ProofCrypto {
  const node = process?.getBuiltinModule?.("node:crypto");
  return node === undefined ? webProofCrypto : createNodeProofCrypto(node);
}

type NodeCrypto = ReturnType<typeof globalThis.process.getBuiltinModule<"node:crypto">>;
type NodeCheck = (jwt: SignedParts, key: ReturnType<NodeCrypto["createPublicKey"]>) => boolean;

/** What is signed, and the signature. */
interface SignedParts {
  readonly input: Uint8Array;
  readonly signature: Uint8Array;
}

function createNodeProofCrypto(node: NodeCrypto): ProofCrypto {
  const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = node.constants;
  const pss = { padding: RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const checks: ReadonlyMap<string, NodeCheck> = new Map<string, NodeCheck>([
    [
      "ES256",
      ({ input, signature }, key) =>
        node.verify("sha256", input, { key, dsaEncoding: "ieee-p1363" }, signature),
    ],
    ["EdDSA", ({ input, signature }, key) => node.verify(null, input, key, signature)],
    ["Ed25519", ({ input, signature }, key) => node.verify(null, input, key, signature)],
    ["PS256", ({ input, signature }, key) => node.verify("sha256", input, { key, ...pss }, signature)],
    [
      "RS256",
      ({ input, signature }, key) =>
        node.verify("sha256", input, { key, padding: RSA_PKCS1_PADDING }, signature),
    ],
  ]);
  return {
    importKey({ publicJwk, algorithm }) {
      const key = importNodeKey(node, publicJwk);
      const check = checks.get(algorithm);
      return key === undefined || check === undefined ? undefined : (jwt) => check(toSignedParts(jwt), key);
    },
    hash: (text) => node.hash("sha256", text, "base64url"),
    mac: (secret, text) => node.createHmac("sha256", secret).update(text).digest("base64url"),
  };
}

function importNodeKey(node: NodeCrypto, jwk: PublicJwk) {
  try {
    const key = node.createPublicKey({ key: { ...jwk }, format: "jwk" });
    return describeFault(jwk, key.asymmetricKeyDetails?.modulusLength) === undefined ? key : undefined;
  } catch {
    return undefined; // not a point of its curve, or no number
  }
}

/** Its form is that of a JWS in compact form already. */
function toSignedParts(jwt: string): SignedParts {
  const dot = jwt.lastIndexOf(".");
  return { input: utf8.encode(jwt.slice(0, dot)), signature: base64Decode(jwt.slice(dot + 1)) };
}

const webProofCrypto: ProofCrypto = {
  async importKey({ publicJwk, algorithm }) {
    const key = await importPublicKey(publicJwk, algorithm);
    return (
      key &&
      ((jwt) =>
        verifySignature(jwt, { kid: undefined, algorithm, key }).then(
          () => true,
          () => false,
        ))
    );
  },
  async hash(text) {
    return toBase64Url(await crypto.subtle.digest("SHA-256", utf8.encode(text)));
  },
  async mac(secret, text) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", new Uint8Array(secret), algorithm, false, ["sign"]);
    return toBase64Url(await crypto.subtle.sign("HMAC", key, utf8.encode(text)));
  },
};

function toBase64Url(bytes: ArrayBuffer): string {
  return base64Encode(new Uint8Array(bytes), "url");
}
