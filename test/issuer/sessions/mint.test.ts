import { decodeJwt, generateKeyPair } from "jose";
import { expect, it } from "vitest";
import { mintAccessToken } from "../../../server/issuer/src/sessions/mint.ts";

const grant = {
  ...{ subject: "s", clientId: "c", sessionId: "x", scopes: [], roles: [], authTimeMs: 0 },
  audience: ["a"],
};

for (const { accessTtlMs, atMs, iat, exp } of [
  { accessTtlMs: 2_000, atMs: 10_999, iat: 10, exp: 12 },
  { accessTtlMs: 2_000, atMs: 10_000, iat: 10, exp: 12 },
  { accessTtlMs: 500, atMs: 10_100, iat: 10, exp: 11 },
]) {
  it(`gives a token of ${accessTtlMs} ms made at ${atMs} ms the times ${iat} and ${exp}`, async () => {
    const { privateKey } = await generateKeyPair("ES256");
    const key = { kid: "k", algorithm: "ES256", privateKey } as const;
    const options = { issuer: "i", accessTtlMs, key, nowMs: atMs };
    const { token, tokenId, expiresAtMs } = await mintAccessToken(options, grant);
    expect(decodeJwt(token)).toMatchObject({ iat, exp, jti: tokenId });
    expect(expiresAtMs).toBe(exp * 1_000);
  });
}

it("says how its subject signed in, and nothing where nobody knows (RFC 9068 §2.2.1)", async () => {
  const { privateKey } = await generateKeyPair("ES256");
  const key = { kid: "k", algorithm: "ES256", privateKey } as const;
  const options = { issuer: "i", accessTtlMs: 2_000, key, nowMs: 10_000 };
  const known = { ...grant, authTimeMs: 5_999, acr: "gold", amr: ["pwd", "otp"] };
  const { token } = await mintAccessToken(options, known);
  expect(decodeJwt(token)).toMatchObject({ auth_time: 5, acr: "gold", amr: ["pwd", "otp"] });
  const unknown = await mintAccessToken(options, { ...grant, authTimeMs: undefined, amr: [] });
  for (const claim of ["auth_time", "acr", "amr", "scope", "act"]) {
    expect(decodeJwt(unknown.token)).not.toHaveProperty(claim);
  }
});

it("is for one resource or several, and never for none", async () => {
  const { privateKey } = await generateKeyPair("ES256");
  const key = { kid: "k", algorithm: "ES256", privateKey } as const;
  const options = { issuer: "i", accessTtlMs: 2_000, key, nowMs: 10_000 };
  const audOf = async (audience: readonly string[]) =>
    decodeJwt((await mintAccessToken(options, { ...grant, audience })).token).aud;
  expect(await audOf(["a"])).toBe("a");
  expect(await audOf(["a", "b"])).toEqual(["a", "b"]);
  await expect(audOf([])).rejects.toThrow("a token must be for one resource");
});

it("never says by a custom claim what the issuer says itself", async () => {
  const { privateKey } = await generateKeyPair("ES256");
  const key = { kid: "k", algorithm: "ES256", privateKey } as const;
  const options = { issuer: "i", accessTtlMs: 2_000, key, nowMs: 10_000 };
  const claims = { sub: "root", roles: ["admin"], tenant: "acme" };
  const { token } = await mintAccessToken(options, { ...grant, claims });
  expect(decodeJwt(token)).toMatchObject({ sub: "s", roles: [], tenant: "acme" });
});
