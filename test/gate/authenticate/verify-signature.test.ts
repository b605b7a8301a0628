import { describe, expect, test } from "vitest";
import { verifyToken } from "../../../server/gate/src/authenticate/verify-token.ts";
import type { KeySource, SignatureAlgorithm } from "../../../server/gate/src/keys/key-source.ts";
import { createSharedSecret } from "../../../server/gate/src/keys/shared-secret.ts";
import { createStaticKeys } from "../../../server/gate/src/keys/static-keys.ts";
import {
  craftToken,
  createSigningKey,
  goodClaims,
  type KeyPairAlgorithm,
  macOf,
  signerOf,
  signToken,
} from "../../support/tokens.ts";
import { issuerKey, issuersOf, refusalOf, trustedIssuer } from "./fixtures.ts";

const issuers = issuersOf();
const ALG = "header alg is not allowed for the issuer";
const SIGNATURE = "the signature does not verify";

describe("the signature of a token (S4, R02, R10–R12)", () => {
  const sign = issuerKey.sign;
  const wrongly = {
    "nothing but zeros (r = s = 0)": () => Buffer.alloc(64),
    "r = 0": (input: string) => Buffer.concat([Buffer.alloc(32), sign(input).subarray(32)]),
    "s = 0": (input: string) => Buffer.concat([sign(input).subarray(0, 32), Buffer.alloc(32)]),
    "r and s beyond the order": () => Buffer.alloc(64, 0xff),
    "s + n": (input: string) => addOrder(sign(input)),
    "r and s swapped": (input: string) => {
      const signature = sign(input);
      return Buffer.concat([signature.subarray(32), signature.subarray(0, 32)]);
    },
    "63 bytes": (input: string) => sign(input).subarray(0, 63),
    "65 bytes": (input: string) => Buffer.concat([sign(input), Buffer.alloc(1)]),
    "a leading zero": (input: string) => Buffer.concat([Buffer.alloc(1), sign(input)]),
    "twice the same": (input: string) => Buffer.concat([sign(input), sign(input)]),
    "one byte": () => Buffer.alloc(1, 1),
    "a flipped bit": (input: string) => sign(input).map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
    "the signature of other claims": () => sign("a.b"),
    "an HMAC with the public key": macOf(JSON.stringify(issuerKey.jwk)),
  };
  for (const [what, signer] of Object.entries(wrongly)) {
    test(`does not verify: ${what}`, async () => {
      const token = craftToken({ alg: "ES256", typ: "at+jwt", kid: "key-1" }, goodClaims(), signer);
      expect(await refusalOf(() => verifyToken(token, issuers))).toEqual({
        reason: "TOKEN_INVALID",
        message: SIGNATURE,
      });
    });
  }

  const PAIRS: readonly KeyPairAlgorithm[] = [
    "EdDSA",
    "ES256",
    "ES384",
    "ES512",
    "PS256",
    "PS384",
    "PS512",
    "RS256",
    "RS384",
    "RS512",
  ];
  for (const algorithm of PAIRS) {
    test(`verifies with ${algorithm}, and not with any other algorithm of the issuer`, async () => {
      const key = createSigningKey(algorithm, "key-1");
      const keys = createStaticKeys({ keys: [{ ...key.jwk, alg: undefined }] }, PAIRS);
      const issuer = issuersOf(trustedIssuer({ algorithms: PAIRS, keys }));
      expect((await verifyToken(signToken(key), issuer)).key.algorithm).toBe(algorithm);
      for (const alg of PAIRS.filter((other) => other !== algorithm)) {
        const { reason } = await refusalOf(() => verifyToken(signToken(key, goodClaims(), { alg }), issuer));
        expect(reason).toBe("TOKEN_INVALID");
      }
    });
  }

  test("of RSA is not verified with another padding than alg says", async () => {
    const key = createSigningKey("RS256", "key-1");
    const both: readonly SignatureAlgorithm[] = ["RS256", "PS256"];
    const issuer = issuersOf(
      trustedIssuer({
        algorithms: both,
        keys: createStaticKeys({ keys: [{ ...key.jwk, alg: undefined }] }, both),
      }),
    );
    const header = { alg: "PS256", typ: "at+jwt", kid: "key-1" };
    const token = craftToken(header, goodClaims(), signerOf("RS256", key.privateKey));
    expect(await refusalOf(() => verifyToken(token, issuer))).toMatchObject({ message: SIGNATURE });
  });

  test("with HS256 verifies only for an issuer that shares a secret", async () => {
    const secret = Buffer.alloc(32, 7);
    const shared = issuersOf(
      trustedIssuer({ algorithms: ["HS256"], keys: createSharedSecret(secret, "HS256") }),
    );
    const token = craftToken({ alg: "HS256", typ: "at+jwt", kid: "any" }, goodClaims(), macOf(secret));
    expect((await verifyToken(token, shared)).principal.subject).toBe("usr_ada");
    expect(await refusalOf(() => verifyToken(token, issuers))).toMatchObject({ message: ALG });
  });

  test("is not verified with a key of another algorithm, whatever a source of keys hands over", async () => {
    const real = trustedIssuer().keys;
    const confused: KeySource = { ...real, find: async () => real.find("key-1", "ES256") };
    const issuer = issuersOf(trustedIssuer({ algorithms: ["ES256", "EdDSA"], keys: confused }));
    const token = signToken(issuerKey, goodClaims(), { alg: "EdDSA" });
    expect(await refusalOf(() => verifyToken(token, issuer))).toMatchObject({ message: SIGNATURE });
  });

  test("that does not verify keeps its cause for the log", async () => {
    const token = craftToken({ alg: "ES256", typ: "at+jwt" }, goodClaims(), () => Buffer.alloc(64));
    await expect(verifyToken(token, issuers)).rejects.toThrowError(
      expect.objectContaining({
        cause: expect.objectContaining({ code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" }),
      }),
    );
  });

  test("is not to blame when a source of keys hands over what is no key", async () => {
    const { find: _, ...real } = trustedIssuer().keys;
    const key = { kid: "key-1", algorithm: "ES256", key: {} as CryptoKey } as const; // wrong on purpose
    const issuer = issuersOf(trustedIssuer({ keys: { ...real, find: () => key } }));
    await expect(verifyToken(signToken(issuerKey), issuer)).rejects.toThrowError(TypeError);
  });

  test("is checked before the claims are", async () => {
    const token = craftToken({ alg: "ES256", typ: "at+jwt" }, goodClaims({ exp: 0 }), () => Buffer.alloc(64));
    expect(await refusalOf(() => verifyToken(token, issuers))).toMatchObject({ message: SIGNATURE });
  });
});

const ORDER_OF_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Write s + n for s, where that fits into 32 bytes: the same number, in another form. */
function addOrder(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature).subarray(32).toString("hex")}`);
  const other = (s + ORDER_OF_P256) % (1n << 256n);
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(other.toString(16).padStart(64, "0"), "hex")]);
}
