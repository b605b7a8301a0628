import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import { optionalPrincipalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { echoRoutes } from "../../support/echo-server.ts";
import { methodOf } from "../../support/echo-service.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { type ExternalIssuer, startExternalIssuer } from "./external-issuer.ts";
import { contextOf, decisionOf, service } from "./fixtures.ts";

const MINUTE_MS = 60_000;
let idp: ExternalIssuer;

beforeAll(async () => {
  // The provider says on the console that it is set up for development.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "info").mockImplementation(() => {});
  idp = await startExternalIssuer();
});
afterAll(async () => {
  idp.setDown(false);
  await idp[Symbol.asyncDispose]();
  vi.restoreAllMocks();
});

/** A server of ours that trusts the provider. Its clock starts at the time of the provider. */
function createServer(keys: IssuerOptions["keys"] = { discovery: true }) {
  const clock = createTestClock(Date.now());
  const auth = createAuth({
    routes: echoRoutes(service),
    audience: "ledger",
    issuers: [{ issuer: idp.issuer, keys, requireProfileClaims: true }],
    clock,
  });
  const call = async (token: string) => {
    const context = contextOf(methodOf(service, "Call"), { authorization: `Bearer ${token}` });
    const refusal = await decisionOf(auth.requestGate, context);
    return refusal?.reason ?? optionalPrincipalOf(context);
  };
  return { clock, call };
}

describe("a live external issuer (S5)", () => {
  test("is trusted for a program's token: client credentials", async () => {
    const { call } = createServer();
    expect(await call(await idp.tokenOfClient())).toMatchObject({
      issuer: idp.issuer,
      subject: "program",
      clientId: "program",
      scopes: ["read"],
      audience: ["ledger"],
    });
  });

  test("is trusted for a user's token: authorization code with PKCE", async () => {
    const { call } = createServer({ jwksUri: `${idp.issuer}/jwks` });
    expect(await call(await idp.tokenOfUser())).toMatchObject({
      subject: "ada",
      clientId: "app",
      scopes: ["read"],
    });
  });

  test("rotates its keys: new tokens are known at once, old ones while their key is published", async () => {
    const { clock, call } = createServer();
    const old = await idp.tokenOfClient();
    expect(await call(old)).toMatchObject({ subject: "program" });
    idp.rotateKey({ keepOld: true });
    clock.advance(31_000);
    expect(await call(await idp.tokenOfClient())).toMatchObject({ subject: "program" });
    expect(await call(old)).toMatchObject({ subject: "program" });
    idp.rotateKey({ keepOld: false });
    clock.advance(31_000);
    expect(await call(await idp.tokenOfClient())).toMatchObject({ subject: "program" });
    expect(await call(old)).toBe("TOKEN_INVALID");
  });

  test("is down: every token under a known key still passes, and nobody is signed out", async () => {
    const { clock, call } = createServer();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => idp.tokenOfClient()));
    await call(tokens[0] ?? "");
    idp.rotateKey({ keepOld: true });
    const underNewKey = await idp.tokenOfClient();
    idp.setDown(true);
    const requestsBefore = idp.requests();
    clock.advance(5 * MINUTE_MS);
    expect(await call(underNewKey)).toBe("AUTH_UNAVAILABLE");
    for (const token of tokens) {
      expect(await call(token)).toMatchObject({ subject: "program" });
    }
    expect(await call(underNewKey)).toBe("AUTH_UNAVAILABLE");
    expect(idp.requests() - requestsBefore).toBeLessThanOrEqual(2);
    idp.setDown(false);
    clock.advance(31_000);
    expect(await call(underNewKey)).toMatchObject({ subject: "program" });
  });

  test("is down when a server starts: that is unavailable, not unauthenticated", async () => {
    const token = await idp.tokenOfClient();
    const { clock, call } = createServer();
    idp.setDown(true);
    expect(await call(token)).toBe("AUTH_UNAVAILABLE");
    idp.setDown(false);
    clock.advance(1000);
    expect(await call(token)).toMatchObject({ subject: "program" });
  });
});
