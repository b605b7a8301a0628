import { describe, expect, test } from "vitest";
import { verifyToken } from "../../../server/gate/src/authenticate/verify-token.ts";
import type { KeySource } from "../../../server/gate/src/keys/key-source.ts";
import { createStaticKeys } from "../../../server/gate/src/keys/static-keys.ts";
import { createSigningKey, goodClaims, signToken } from "../../support/tokens.ts";
import { issuerKey, issuersOf, refusalOf, trustedIssuer } from "./fixtures.ts";

const issuers = issuersOf();
const ALG = "header alg is not allowed for the issuer";
const TYP = "header typ is not that of an access token";
const KID = "header kid is not text";
const EXTENSION = "the header has an extension that is not understood";
const NO_KEY = "the issuer has no such key";
const SIGNATURE = "the signature does not verify";

/** Members of the header, what is said. */
const headers: readonly (readonly [header: Readonly<Record<string, unknown>>, message: string])[] = [
  ...[
    "none",
    "None",
    "NONE",
    "nOnE",
    "es256",
    "ES384",
    "HS256",
    "RS256",
    "EdDSA",
    "",
    null,
    7,
    ["ES256"],
  ].map((alg) => [{ alg }, ALG] as const),
  [{ alg: undefined }, ALG],
  ...[
    "JWT",
    "jwt",
    "",
    "id+jwt",
    "dpop+jwt",
    "at+jwt ",
    "at+jwt; v=1",
    "text/at+jwt",
    null,
    7,
    ["at+jwt"],
  ].map((typ) => [{ typ }, TYP] as const),
  [{ typ: undefined }, TYP],
  ...[null, true, {}, ["key-1"]].map((kid) => [{ kid }, KID] as const),
  ...[7, "key-2", "KEY-1", "__proto__", "constructor", "../key-1", "key-1' OR '1'='1"].map(
    (kid) => [{ kid }, NO_KEY] as const,
  ),
  ...[["exp"], [], ["b64"], "exp", null, [1]].map((crit) => [{ crit }, EXTENSION] as const),
  [{ b64: false, crit: ["b64"] }, EXTENSION],
  [{ b64: true }, EXTENSION],
  ...["JWE", "", null, ["JWT"], "application/json"].map((cty) => [{ cty }, EXTENSION] as const),
  [{ enc: "A256GCM" }, EXTENSION],
  [{ zip: "DEF" }, EXTENSION],
];

describe("the header of a token (S4, R01–R05, R17, R19)", () => {
  for (const [header, message] of headers) {
    test(`is refused with ${JSON.stringify(header)}`, async () => {
      expect(await refusalOf(() => verifyToken(signToken(issuerKey, goodClaims(), header), issuers))).toEqual(
        {
          reason: "TOKEN_INVALID",
          message,
        },
      );
    });
  }

  for (const typ of ["at+jwt", "AT+JWT", "application/at+jwt"]) {
    test(`is taken with typ ${typ}`, async () => {
      const { principal } = await verifyToken(signToken(issuerKey, goodClaims(), { typ }), issuers);
      expect(principal.subject).toBe("usr_ada");
    });
  }

  test("may say that another token is inside, where there is none", async () => {
    const token = signToken(issuerKey, goodClaims(), { cty: "JWT" });
    expect((await verifyToken(token, issuers)).principal.subject).toBe("usr_ada");
    const nested = signToken(issuerKey, signToken(issuerKey), { cty: "JWT" });
    expect((await refusalOf(() => verifyToken(nested, issuers))).message).toBe(
      "the token's payload is not one JSON object with unique names",
    );
  });

  test("may lack typ only where that was relaxed", async () => {
    const relaxed = issuersOf(trustedIssuer({ allowMissingType: true }));
    const token = signToken(issuerKey, goodClaims(), { typ: undefined });
    expect((await verifyToken(token, relaxed)).principal.subject).toBe("usr_ada");
    const typed = signToken(issuerKey, goodClaims(), { typ: "id+jwt" });
    expect(await refusalOf(() => verifyToken(typed, relaxed))).toMatchObject({ message: TYP });
  });

  for (const kid of [undefined, ""]) {
    test(`may lack the name of its key, as kid ${JSON.stringify(kid)}`, async () => {
      const { key } = await verifyToken(signToken(issuerKey, goodClaims(), { kid }), issuers);
      expect(key.kid).toBe("key-1");
    });
  }

  test("never chooses a key of its own: jwk, jku, x5u and x5c are as if they were not there", async () => {
    const own = createSigningKey("ES256", "key-1");
    const header = {
      jwk: own.jwk,
      jku: "https://evil.example/jwks",
      x5u: "https://evil.example",
      x5c: ["MII="],
    };
    const forged = signToken(own, goodClaims(), header);
    expect(await refusalOf(() => verifyToken(forged, issuers))).toMatchObject({ message: SIGNATURE });
    expect((await verifyToken(signToken(issuerKey, goodClaims(), header), issuers)).key.kid).toBe("key-1");
  });
});

describe("the issuer of a token (S4, S5, R15)", () => {
  for (const iss of [
    "https://evil.example",
    "https://issuer.example/",
    "",
    7,
    null,
    ["https://issuer.example"],
  ]) {
    test(`is not trusted as ${JSON.stringify(iss)}`, async () => {
      expect(await refusalOf(() => verifyToken(signToken(issuerKey, goodClaims({ iss })), issuers))).toEqual({
        reason: "TOKEN_INVALID",
        message: "the issuer is not trusted",
      });
    });
  }

  test("is verified with keys of its own only", async () => {
    const otherKey = createSigningKey("ES256", "key-1");
    const other = trustedIssuer({
      issuer: "https://other.example",
      keys: createStaticKeys({ keys: [otherKey.jwk] }, ["ES256"]),
    });
    const both = issuersOf(trustedIssuer(), other);
    const crossed = signToken(otherKey, goodClaims());
    expect(await refusalOf(() => verifyToken(crossed, both))).toMatchObject({ message: SIGNATURE });
    const own = await verifyToken(signToken(otherKey, goodClaims({ iss: "https://other.example" })), both);
    expect(own.issuer).toBe(other);
  });
});

test("an error of a source of keys is not taken for a fault of the token", async () => {
  const keys: KeySource = {
    find: () => {
      throw new RangeError("broken");
    },
    isTrusted: () => true,
  };
  const verify = async () => verifyToken(signToken(issuerKey), issuersOf(trustedIssuer({ keys })));
  await expect(verify).rejects.toThrowError(new RangeError("broken"));
});

test("the verdict names the issuer, the key and the times", async () => {
  const verdict = await verifyToken(signToken(issuerKey), issuers);
  expect(verdict.issuer).toBe(issuers.get("https://issuer.example"));
  expect(verdict.issuer.keys.isTrusted(verdict.key)).toBe(true);
  expect(verdict.times.expiresAtSeconds).toBe(verdict.principal.expiresAtSeconds);
});
