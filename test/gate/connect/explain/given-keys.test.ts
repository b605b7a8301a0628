import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import type { IssuerOptions } from "../../../../server/gate/src/connect/issuer-options.ts";
import { createEchoAuth } from "../../../support/echo-server.ts";
import { echoService } from "../../../support/echo-service.ts";
import { craftToken, createSigningKey, goodClaims, macOf, signToken } from "../../../support/tokens.ts";

const key = createSigningKey("ES256", "key-1");
const service = echoService({ Plain: { policy: { access: Access.AUTHENTICATED } } });
const method = "test.v1.EchoService/Plain";

/** An issuer whose key set must not be fetched. */
function setUp(issuer: Pick<IssuerOptions, "issuer" | "keys"> & { readonly identifiedBy?: "spiffe_id" }) {
  const { auth } = createEchoAuth(service, { issuers: [issuer] });
  return (token: string, ...keys: readonly object[]) => auth.explain({ token, method, jwks: { keys } });
}

const fetched: unknown[] = [];
const remote = {
  jwksUri: "https://issuer.example/jwks",
  fetch: async (url: unknown) => {
    fetched.push(url);
    return Response.json({ keys: [] });
  },
};

describe("an explanation by keys that are given", () => {
  test("takes those of a trust domain for what the gate takes them", async () => {
    const explain = setUp({
      issuer: "spiffe://acme.example",
      identifiedBy: "spiffe_id",
      keys: { jwks: { keys: [key.jwk] } },
    });
    const token = signToken(key, goodClaims({ iss: undefined, sub: "spiffe://acme.example/api" }));
    expect(await explain(token, { ...key.jwk, use: "jwt-svid" })).toMatchObject({ verdict: "allowed" });
    expect(await explain(token, { ...key.jwk, use: "x509-svid" })).toMatchObject({ check: "key" });
  });

  test("has the secret of the issuer beside them", async () => {
    const secret = Buffer.alloc(32, 7);
    const explain = setUp({ issuer: "https://issuer.example", keys: [remote, { sharedSecret: secret }] });
    await expect.poll(() => fetched.length).toBe(1); // at start
    expect(await explain(signToken(key), key.jwk)).toMatchObject({ verdict: "allowed" });
    expect(await explain(signToken(key))).toMatchObject({ check: "key" });
    const header = { alg: "HS256", typ: "at+jwt" };
    expect(await explain(craftToken(header, goodClaims(), macOf(secret)), key.jwk)).toMatchObject({
      verdict: "allowed",
    });
    const forged = craftToken(header, goodClaims(), macOf(Buffer.from(JSON.stringify(key.jwk))));
    expect(await explain(forged, key.jwk)).toMatchObject({ check: "signature" });
    expect(fetched).toHaveLength(1);
  });
});
