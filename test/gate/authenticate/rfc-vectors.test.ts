import { type CompactVerifyResult, compactVerify, importJWK } from "jose";
import { describe, expect, test } from "vitest";
import { parseCompactJws } from "../../../server/gate/src/authenticate/compact-jws.ts";
import { verifyToken } from "../../../server/gate/src/authenticate/verify-token.ts";
import { importKeys } from "../../../server/gate/src/keys/import-keys.ts";
import { createSharedSecret } from "../../../server/gate/src/keys/shared-secret.ts";
import { createStaticKeys } from "../../../server/gate/src/keys/static-keys.ts";
import { issuersOf, refusalOf, trustedIssuer } from "./fixtures.ts";

// The examples of the RFCs are cut at 76 characters there; here each part is one line.
const JOE = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/** RFC 7515 appendix A.1: HMAC with SHA-256. */
const A1 = {
  token: `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
  key: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
};
/** RFC 7515 appendix A.3: ECDSA with P-256. */
const A3 = {
  token: `eyJhbGciOiJFUzI1NiJ9.${JOE}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
  jwk: {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  },
};
/** RFC 8037 appendix A.4: Ed25519. Its payload is not a JSON object, so that it is no JWT. */
const A4 = {
  token:
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
  jwk: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
};
/** RFC 7515 appendix A.5 and RFC 7519 §6.1: no signature. */
const A5 = `eyJhbGciOiJub25lIn0.${JOE}.`;

const joe = { iss: "joe", exp: 1_300_819_380, "http://example.com/is_root": true };

describe("the examples of RFC 7515, 7519 and 8037", () => {
  for (const [name, token] of Object.entries({ "7515 A.1": A1.token, "7515 A.3": A3.token })) {
    test(`RFC ${name} has the form and the claims that it says`, () => {
      expect(parseCompactJws(token).payload).toEqual(joe);
    });
  }

  const algorithmOf = { "7515 A.1": "HS256", "7515 A.3": "ES256" } as const;
  for (const [name, algorithm] of Object.entries(algorithmOf)) {
    test(`RFC ${name} verifies up to its claims, which are not those of an access token`, async () => {
      const token = name === "7515 A.1" ? A1.token : A3.token;
      const keys =
        algorithm === "HS256"
          ? createSharedSecret(Buffer.from(A1.key, "base64url"), algorithm)
          : createStaticKeys({ keys: [A3.jwk] }, [algorithm]);
      const joeIssuer = {
        issuer: "joe",
        algorithms: [algorithm],
        keys,
        types: ["jwt"],
        allowMissingType: true,
      };
      const issuers = issuersOf(trustedIssuer(joeIssuer));
      const refusal = { reason: "TOKEN_INVALID", message: "claim aud is not one or more non-empty strings" };
      expect(await refusalOf(() => verifyToken(token, issuers))).toEqual(refusal);
      const forged = token.replace(/.(?=.{5}$)/, (character) => (character === "A" ? "B" : "A"));
      expect(await refusalOf(() => verifyToken(forged, issuers))).toMatchObject({
        message: "the signature does not verify",
      });
    });
  }

  test("RFC 8037 A.4 verifies with the key as we import it, and is no JWT", async () => {
    const [key] = (await importKeys({ keys: [A4.jwk] }, { algorithms: ["EdDSA"] })).values();
    if (key === undefined) {
      throw new Error("the key was not imported");
    }
    const result: CompactVerifyResult = await compactVerify(A4.token, key.key, { algorithms: ["EdDSA"] });
    expect(new TextDecoder().decode(result.payload)).toBe("Example of Ed25519 signing");
    expect(() => parseCompactJws(A4.token)).toThrowError("payload is not one JSON object");
    await expect(importJWK(A4.jwk, "EdDSA")).resolves.toBeDefined();
  });

  test("RFC 7515 A.5 and RFC 7519 §6.1 have no signature and are refused for their form", async () => {
    expect(await refusalOf(() => verifyToken(A5, issuersOf()))).toEqual({
      reason: "TOKEN_INVALID",
      message: "the token is not three base64url segments",
    });
  });
});
