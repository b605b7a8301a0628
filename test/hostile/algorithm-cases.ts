import { createPublicKey } from "node:crypto";
import { craftToken, goodClaims, macOf, signerOf } from "../support/tokens.ts";
import { DETAIL, type HostileCase, invalid } from "./hostile-case.ts";
import { foreign, own, ownKey, psKey, rsKey, secret, shared } from "./issuers.ts";

const RSA = "https://rsa.example";
const ED = "https://ed.example";
const EC_HEADER = { alg: "ES256", typ: "at+jwt", kid: "own-1" };

const algorithms: readonly unknown[] = [
  ...["none", "None", "NONE", "nOnE", " none", "none ", "", "es256", "Es256", "ES256 ", "ES-256", "ES256K"],
  ...["ES384", "ES512", "EdDSA", "Ed25519", "Ed448", "RS256", "RS384", "RS512", "PS256", "PS512", "RS1"],
  ...["HS1", "HS256", "HS384", "HS512", "HMAC", "dir", "RSA-OAEP", "RSA1_5", "A256KW", "PBES2-HS256+A128KW"],
  ...["ECDH-ES", "ML-DSA-65", "toString", "__proto__", "constructor"],
  ...[null, 7, true, {}, ["ES256"], [["ES256"]], { alg: "ES256" }],
];

const unsigned: readonly HostileCase[] = [
  ...["none", "None", "NONE", "ES256"].map((alg) =>
    invalid(`alg ${alg} and no signature`, craftToken({ ...EC_HEADER, alg }, goodClaims()), DETAIL.segments),
  ),
  invalid("no alg", own({}, { alg: undefined }), DETAIL.algorithm),
];

/** The public key in every form in which it could be taken for a secret. */
const publicForms: Readonly<Record<string, Uint8Array | string>> = {
  JWK: JSON.stringify(rsKey.jwk),
  PEM: createPublicKey(rsKey.privateKey).export({ type: "spki", format: "pem" }).toString(),
  "modulus in base64url": String(rsKey.jwk.n),
  modulus: Buffer.from(String(rsKey.jwk.n), "base64url"),
  kid: rsKey.kid,
  issuer: RSA,
  nothing: "",
};

const confusion: readonly HostileCase[] = [
  ...Object.entries(publicForms).flatMap(([name, key]) =>
    ([256, 384, 512] as const).map((bits) =>
      invalid(
        `HS${bits} with the public key: ${name}`,
        craftToken({ alg: `HS${bits}`, typ: "jwt", kid: "rs-1" }, goodClaims({ iss: RSA }), macOf(key, bits)),
        DETAIL.algorithm,
      ),
    ),
  ),
  invalid(
    "HS256 with the secret of another issuer",
    craftToken({ ...EC_HEADER, alg: "HS256" }, goodClaims(), macOf(secret)),
    DETAIL.algorithm,
  ),
  invalid(
    "the shared secret's issuer with ES256",
    foreign(ownKey, "https://shared.example"),
    DETAIL.algorithm,
  ),
  invalid("the shared secret's issuer with HS512", shared({ alg: "HS512" }), DETAIL.algorithm),
  invalid("the shared secret, one byte short", shared({}, secret.subarray(0, 31)), DETAIL.signature),
  invalid("an empty secret", shared({}, new Uint8Array()), DETAIL.signature),
  invalid("RS256 with the key for PS256", foreign(rsKey, RSA, { kid: "ps-1", typ: "jwt" }), DETAIL.key),
  invalid(
    "PS256 named RS256",
    craftToken(
      { alg: "RS256", typ: "jwt", kid: "rs-1" },
      goodClaims({ iss: RSA }),
      signerOf("PS256", rsKey.privateKey),
    ),
    DETAIL.signature,
  ),
  invalid(
    "RS256 named PS256",
    craftToken(
      { alg: "PS256", typ: "jwt", kid: "ps-1" },
      goodClaims({ iss: RSA }),
      signerOf("RS256", psKey.privateKey),
    ),
    DETAIL.signature,
  ),
  invalid("RS256 for the issuer of EdDSA", foreign(rsKey, ED, { kid: "ed-1" }), DETAIL.algorithm),
  invalid("ES256 for the issuer of RSA", foreign(ownKey, RSA, { typ: "jwt" }), DETAIL.key),
];

/** Which algorithm a token names, and which it is signed with. */
export const algorithmCases: readonly HostileCase[] = [
  ...algorithms.map((alg) => invalid(`alg ${JSON.stringify(alg)}`, own({}, { alg }), DETAIL.algorithm)),
  ...unsigned,
  ...confusion,
];
