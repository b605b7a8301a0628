import { randomBytes } from "node:crypto";
import { decodeJwt, jwtVerify } from "jose";
import { expect, it } from "vitest";
import {
  generateSigningKey,
  importSigningKey,
  importVerificationKey,
} from "../../../server/issuer/src/keys/signing-key.ts";
import { mintAccessToken } from "../../../server/issuer/src/sessions/mint.ts";

const sealingKey = randomBytes(32);
const record = await generateSigningKey(sealingKey, "active", 0);
const key = importSigningKey(sealingKey, record);

const grant = {
  ...{ subject: "s", clientId: "c", sessionId: "x", scopes: [], roles: [], authTimeMs: 0 },
  audience: ["a"],
};

for (const { accessTtlMs, atMs, iat, exp } of [
  { accessTtlMs: 2_000, atMs: 10_999, iat: 10, exp: 12 },
  { accessTtlMs: 2_000, atMs: 10_000, iat: 10, exp: 12 },
  { accessTtlMs: 500, atMs: 10_100, iat: 10, exp: 11 },
]) {
  it(`gives a token of ${accessTtlMs} ms made at ${atMs} ms the times ${iat} and ${exp}`, () => {
    const options = { issuer: "i", accessTtlMs, key, nowMs: atMs };
    const { token, tokenId, expiresAtMs } = mintAccessToken(options, grant);
    expect(decodeJwt(token)).toMatchObject({ iat, exp, jti: tokenId });
    expect(expiresAtMs).toBe(exp * 1_000);
  });
}

it("says how its subject signed in, and nothing where nobody knows (RFC 9068 §2.2.1)", () => {
  const options = { issuer: "i", accessTtlMs: 2_000, key, nowMs: 10_000 };
  const known = { ...grant, authTimeMs: 5_999, acr: "gold", amr: ["pwd", "otp"] };
  const { token } = mintAccessToken(options, known);
  expect(decodeJwt(token)).toMatchObject({ auth_time: 5, acr: "gold", amr: ["pwd", "otp"] });
  const unknown = mintAccessToken(options, { ...grant, authTimeMs: undefined, amr: [] });
  for (const claim of ["auth_time", "acr", "amr", "scope", "act"]) {
    expect(decodeJwt(unknown.token)).not.toHaveProperty(claim);
  }
});

it("is for one resource or several, and never for none", () => {
  const options = { issuer: "i", accessTtlMs: 2_000, key, nowMs: 10_000 };
  const audOf = (audience: readonly string[]) =>
    decodeJwt(mintAccessToken(options, { ...grant, audience }).token).aud;
  expect(audOf(["a"])).toBe("a");
  expect(audOf(["a", "b"])).toEqual(["a", "b"]);
  expect(() => audOf([])).toThrow("a token must be for one resource");
});

it("never says by a custom claim what the issuer says itself", () => {
  const options = { issuer: "i", accessTtlMs: 2_000, key, nowMs: 10_000 };
  const claims = { sub: "root", roles: ["admin"], tenant: "acme" };
  const { token } = mintAccessToken(options, { ...grant, claims });
  expect(decodeJwt(token)).toMatchObject({ sub: "s", roles: [], tenant: "acme" });
});

it("is signed with the key that it names, which its holder cannot show", async () => {
  const { token } = mintAccessToken({ issuer: "ü", accessTtlMs: 2_000, key, nowMs: 10_000 }, grant);
  const { key: publicKey } = await importVerificationKey(record);
  const { protectedHeader, payload } = await jwtVerify(token, publicKey as CryptoKey, {
    currentDate: new Date(10_000),
  });
  expect(protectedHeader).toEqual({ alg: "ES256", kid: record.kid, typ: "at+jwt" });
  expect(payload.iss).toBe("ü");
  expect(Object.keys(key)).toEqual(["kid", "algorithm", "sign"]);
});
