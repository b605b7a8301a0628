import { base64Encode } from "@bufbuild/protobuf/wire";
import type { TokenClaims } from "./token-claims.ts";

/** A key pair that lives in memory, as long as the test. */
export interface TestKey {
  /** The public key, as an issuer publishes it. */
  readonly jwk: Readonly<Record<string, unknown>>;
  /**
   * Sign a token.
   *
   * @param type header `typ`. Default: `at+jwt`
   */
  sign(claims: TokenClaims, type?: string): Promise<string>;
}

/** The one that the tokens of tests are signed with. */
export const TEST_ALGORITHM = "ES256";

/** All keys have one name: a stranger's is not told from the issuer's by it. */
const KEY_ID = "test";

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;

/** Make a key pair. The private key cannot be exported. */
export async function createTestKey(): Promise<TestKey> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  return {
    jwk: { kty, crv, x, y, kid: KEY_ID, alg: TEST_ALGORITHM, use: "sig" },
    async sign(claims, type = "at+jwt") {
      const input = toSigningInput({ alg: TEST_ALGORITHM, kid: KEY_ID, typ: type }, claims);
      const bytes = new TextEncoder().encode(input);
      const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, bytes);
      return `${input}.${base64Encode(new Uint8Array(signature), "url")}`;
    },
  };
}

/** Write what a signature is made of ([RFC 7515 §5.1](https://www.rfc-editor.org/rfc/rfc7515#section-5.1)). */
export function toSigningInput(header: object, claims: TokenClaims): string {
  return [header, claims]
    .map((part) => base64Encode(new TextEncoder().encode(JSON.stringify(part)), "url"))
    .join(".");
}
