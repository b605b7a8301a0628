import type { DescMethod } from "@bufbuild/protobuf";
import { toBase64Url } from "./base64url.ts";
import { randomId } from "./random-id.ts";

/** Headers of a call, by name. */
export type CallHeaders = Readonly<Record<string, string>>;

/**
 * Proves a call: makes its headers, with a proof that the sender holds a key.
 *
 * @param accessToken what the call carries; undefined: none
 */
export type Prove = (method: DescMethod, accessToken?: string) => Promise<CallHeaders>;

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

const utf8 = new TextEncoder();

/** Make a key that no script can read, and what proves calls with it (RFC 9449 §4.2). */
export async function createProofKey(): Promise<Prove> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  const head = { typ: "dpop+jwt", alg: "ES256", jwk: { kty, crv, x, y } };
  const sign = async (claims: object): Promise<string> => {
    const input = [head, claims].map((part) => toBase64Url(utf8.encode(JSON.stringify(part)))).join(".");
    const signature = await crypto.subtle.sign(ALGORITHM, privateKey, utf8.encode(input));
    return `${input}.${toBase64Url(new Uint8Array(signature))}`;
  };
  return async (method, accessToken) => {
    const htu = `${window.location.origin}/${method.parent.typeName}/${method.name}`;
    const call = { jti: randomId(), htm: "POST", htu, iat: Math.floor(Date.now() / 1000) };
    if (accessToken === undefined) {
      return { dpop: await sign(call) };
    }
    const ath = toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(accessToken))));
    return { authorization: `DPoP ${accessToken}`, dpop: await sign({ ...call, ath }) };
  };
}
