import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { startOAuthServer } from "../../support/oauth-server.ts";
import { addTestClient } from "../../support/sign-ins.ts";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const FIRST_PARTY = "countersign-first-party";

describe("client_credentials", () => {
  it("gives a token whose subject is a client and nobody else (RFC 9068 §2.2, RFC 9700 §4.15)", async () => {
    await using server = await startOAuthServer();
    const { secret } = await addTestClient(server.issuer, "billing", { roles: ["robot"] });
    const { body } = await server.post("/oauth2/token", {
      grant_type: "client_credentials",
      client_id: "billing",
      client_secret: secret,
      scope: "notes:read",
    });
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: "Bearer",
      expires_in: 600,
      scope: "notes:read",
    });
    const claims = decodeJwt(String(body.access_token));
    expect(claims).toMatchObject({ sub: "client_billing", client_id: "billing", roles: ["robot"] });
    expect(claims).not.toHaveProperty("auth_time");
    expect(claims).toMatchObject({ jti: expect.any(String), sid: expect.any(String) });
  });

  const refused = [
    { what: "a scope that the client does not have", form: { scope: "root" }, error: "invalid_scope" },
    { what: "a scope with a quote", form: { scope: 'a"b' }, error: "invalid_scope" },
    { what: "another resource", form: { resource: "https://x.example" }, error: "invalid_target" },
    { what: "another audience", form: { audience: "x" }, error: "invalid_target" },
    { what: "the password grant", form: { grant_type: "password" }, error: "unsupported_grant_type" },
    { what: "a code", form: { grant_type: "authorization_code" }, error: "unsupported_grant_type" },
    { what: "no grant", form: { grant_type: "" }, error: "invalid_request" },
  ];
  for (const { what, form, error } of refused) {
    it(`refuses ${what}`, async () => {
      await using server = await startOAuthServer();
      const { secret } = await addTestClient(server.issuer, "billing");
      const good = { grant_type: "client_credentials", client_id: "billing", client_secret: secret };
      const answer = await server.post("/oauth2/token", { ...good, ...form });
      expect([answer.status, answer.body.error]).toEqual([400, error]);
    });
  }

  it("is for clients that are allowed it", async () => {
    await using server = await startOAuthServer();
    const { secret } = await addTestClient(server.issuer, "billing", { grants: ["token-exchange"] });
    const form = { grant_type: "client_credentials", client_id: "billing", client_secret: secret };
    expect((await server.post("/oauth2/token", form)).body.error).toBe("unauthorized_client");
  });
});

describe("refresh_token", () => {
  it("carries a session of our own pages on, which must say who they are", async () => {
    await using server = await startOAuthServer();
    const { refreshToken } = await server.beginSession();
    const form = { grant_type: "refresh_token", refresh_token: refreshToken };
    expect((await server.post("/oauth2/token", form)).body.error).toBe("invalid_client");
    const { status, body } = await server.post("/oauth2/token", { ...form, client_id: FIRST_PARTY });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      refresh_token: expect.stringMatching(/^csr_/),
      refresh_expires_in: 604_800,
      scope: "notes:read notes:write",
    });
  });

  it("repeats its answer to the same attempt", async () => {
    await using server = await startOAuthServer();
    const { refreshToken } = await server.beginSession();
    const form = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: FIRST_PARTY };
    const named = { ...form, refresh_id: "attempt-number-one" };
    const first = await server.post("/oauth2/token", named);
    server.issuer.clock.advance(3_600_000);
    const second = await server.post("/oauth2/token", named);
    expect(second.body.refresh_token).toBe(first.body.refresh_token);
    expect((await server.post("/oauth2/token", { ...form, refresh_id: "x" })).body.error).toBe(
      "invalid_request",
    );
  });

  it("refuses the token of another client, and leaves the session alone (RFC 6749 §10.4)", async () => {
    await using server = await startOAuthServer();
    const { refreshToken } = await server.beginSession();
    const form = { grant_type: "refresh_token", refresh_token: refreshToken };
    const thieves = [
      { clientId: "billing", grants: ["client_credentials"], error: "unauthorized_client" },
      { clientId: "agent", grants: ["refresh_token"], error: "invalid_grant" },
    ];
    for (const { clientId, grants, error } of thieves) {
      const { secret } = await addTestClient(server.issuer, clientId, { grants });
      const proof = { client_id: clientId, client_secret: secret };
      const answer = await server.post("/oauth2/token", { ...form, ...proof });
      expect([answer.status, answer.body.error]).toEqual([400, error]);
    }
    expect((await server.post("/oauth2/token", { ...form, client_id: FIRST_PARTY })).status).toBe(200);
  });

  it("can ask for less, never for more, and a wish too many costs nothing (RFC 6749 §6)", async () => {
    await using server = await startOAuthServer();
    const { refreshToken } = await server.beginSession();
    const form = { grant_type: "refresh_token", client_id: FIRST_PARTY };
    const more = { ...form, refresh_token: refreshToken, scope: "notes:read root" };
    expect((await server.post("/oauth2/token", more)).body.error).toBe("invalid_scope");
    const less = { ...form, refresh_token: refreshToken, scope: "notes:read" };
    const { body } = await server.post("/oauth2/token", less);
    expect(body.scope).toBe("notes:read");
    const again = await server.post("/oauth2/token", { ...form, refresh_token: String(body.refresh_token) });
    expect(again.body.scope).toBe("notes:read notes:write");
  });

  it("ends the session when a token comes twice", async () => {
    await using server = await startOAuthServer();
    const { refreshToken } = await server.beginSession();
    const form = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: FIRST_PARTY };
    const { body } = await server.post("/oauth2/token", form);
    server.issuer.clock.advance(11_000);
    expect((await server.post("/oauth2/token", form)).body.error).toBe("invalid_grant");
    const newest = { ...form, refresh_token: String(body.refresh_token) };
    expect((await server.post("/oauth2/token", newest)).body.error).toBe("invalid_grant");
  });
});

describe("jwt-bearer", () => {
  it("takes an assertion of a client as its own, once", async () => {
    await using server = await startOAuthServer();
    const client = await addTestClient(server.issuer, "billing", { key: true, grants: ["jwt-bearer"] });
    const form = { grant_type: JWT_BEARER, assertion: client.assert() };
    const { body } = await server.post("/oauth2/token", form);
    expect(decodeJwt(String(body.access_token))).toMatchObject({ sub: "client_billing" });
    const again = await server.post("/oauth2/token", form);
    expect([again.status, again.body.error]).toEqual([400, "invalid_grant"]);
  });

  it("takes a token of an issuer that is trusted for whom it names, as long as it lasts", async () => {
    await using server = await startOAuthServer();
    const { clock } = server.issuer;
    clock.advance(300_000);
    const token = server.other.sign({ roles: ["ops"], auth_time: 1_700_000_000 });
    const { body } = await server.post("/oauth2/token", { grant_type: JWT_BEARER, assertion: token });
    expect(body).toMatchObject({ expires_in: 300, scope: "notes:read" });
    expect(body).not.toHaveProperty("refresh_token");
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: expect.stringMatching(/^ext_/),
      client_id: FIRST_PARTY,
      roles: ["admin"],
      auth_time: 1_700_000_000,
    });
  });

  it("grants through a client no more than the client can have", async () => {
    await using server = await startOAuthServer();
    const grants = ["jwt-bearer"];
    const { secret } = await addTestClient(server.issuer, "app", { grants, scopes: ["notes:write"] });
    const form = { grant_type: JWT_BEARER, client_id: "app", client_secret: secret };
    const token = server.other.sign({ roles: ["ops"] });
    const { body } = await server.post("/oauth2/token", { ...form, assertion: token });
    const claims = decodeJwt(String(body.access_token));
    expect(claims).toMatchObject({ client_id: "app", roles: [] });
    // RFC 6749 §3.3: a scope is at least one word.
    expect(claims).not.toHaveProperty("scope");
    expect(body).not.toHaveProperty("scope");
  });

  it("is for clients that are allowed it, whoever has signed", async () => {
    await using server = await startOAuthServer();
    const { secret } = await addTestClient(server.issuer, "app");
    const keyed = await addTestClient(server.issuer, "keyed", { key: true });
    const form = { grant_type: JWT_BEARER, client_id: "app", client_secret: secret };
    const viaApp = await server.post("/oauth2/token", { ...form, assertion: server.other.sign() });
    expect(viaApp.body.error).toBe("unauthorized_client");
    const own = await server.post("/oauth2/token", { grant_type: JWT_BEARER, assertion: keyed.assert() });
    expect(own.body.error).toBe("unauthorized_client");
  });

  it("refuses the assertion of one client from another", async () => {
    await using server = await startOAuthServer();
    const one = await addTestClient(server.issuer, "one", { key: true, grants: ["jwt-bearer"] });
    const { secret } = await addTestClient(server.issuer, "two", { grants: ["jwt-bearer"] });
    const form = { grant_type: JWT_BEARER, client_id: "two", client_secret: secret };
    expect((await server.post("/oauth2/token", { ...form, assertion: one.assert() })).body).toMatchObject({
      error: "invalid_grant",
    });
  });

  it("refuses anything else", async () => {
    await using server = await startOAuthServer();
    const { accessToken, refreshToken } = await server.beginSession();
    for (const assertion of [accessToken, refreshToken, server.other.sign({ aud: "them" }), "x"]) {
      const answer = await server.post("/oauth2/token", { grant_type: JWT_BEARER, assertion });
      expect([answer.status, answer.body.error]).toEqual([400, "invalid_grant"]);
    }
  });
});
