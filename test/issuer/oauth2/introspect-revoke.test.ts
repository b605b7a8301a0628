import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { revokeSessions } from "../../../server/issuer/src/store/session-revocations.ts";
import { eventually } from "../../support/eventually.ts";
import { type OAuthServer, startOAuthServer } from "../../support/oauth-server.ts";
import { addTestClient, type TestClient } from "../../support/sign-ins.ts";
import { TEST_ISSUER } from "../../support/test-issuer.ts";

const FIRST_PARTY = { client_id: "countersign-first-party" };
const proof = ({ clientId, secret }: TestClient) => ({ client_id: clientId, client_secret: secret });

async function start() {
  const server = await startOAuthServer();
  const all = await addTestClient(server.issuer, "resource", { mayIntrospect: true });
  const own = await addTestClient(server.issuer, "own", { grants: ["client_credentials", "token-exchange"] });
  const introspect = async (token: string, client = all) =>
    (await server.post("/oauth2/introspect", { token, ...proof(client) })).body;
  return { server, all, own, introspect, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function clientToken(server: OAuthServer, client: TestClient, more: object = {}): Promise<string> {
  const form = { grant_type: "client_credentials", ...proof(client), ...more };
  return String((await server.post("/oauth2/token", form)).body.access_token);
}

function exchanged(server: OAuthServer, client: TestClient, token: string): Promise<string> {
  return clientToken(server, client, {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: token,
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
  });
}

describe("introspection", () => {
  it("tells whom an access token stands for, and what it allows", async () => {
    await using started = await start();
    const { accessToken, sessionId } = await started.server.beginSession();
    const body = await started.introspect(accessToken);
    expect(body).toEqual({
      active: true,
      token_type: "Bearer",
      iss: TEST_ISSUER,
      sub: "usr_ada",
      aud: ["tests"],
      client_id: "countersign-first-party",
      scope: "notes:read notes:write",
      roles: ["author"],
      exp: expect.any(Number),
      iat: expect.any(Number),
      jti: expect.any(String),
      sid: sessionId,
      auth_time: expect.any(Number),
    });
    expect(await started.introspect(await exchanged(started.server, started.own, accessToken))).toMatchObject(
      {
        sub: "usr_ada",
        act: { sub: "client_own" },
      },
    );
  });

  it("tells of a refresh token without using it up", async () => {
    await using started = await start();
    const { server, introspect } = started;
    const { refreshToken } = await server.beginSession();
    expect(await introspect(refreshToken)).toMatchObject({ active: true, sub: "usr_ada" });
    const { status } = await server.post("/oauth2/token", {
      ...{ grant_type: "refresh_token", refresh_token: refreshToken, ...FIRST_PARTY },
    });
    expect(status).toBe(200);
    expect(await introspect(refreshToken)).toEqual({ active: false });
  });

  it("is for clients that prove who they are (RFC 7662 §2.1)", async () => {
    await using started = await start();
    const { accessToken: token } = await started.server.beginSession();
    for (const form of [{}, FIRST_PARTY, { client_id: "resource" }]) {
      const { status, body } = await started.server.post("/oauth2/introspect", { token, ...form });
      expect([status, body.error]).toEqual([401, "invalid_client"]);
    }
  });

  it("tells a client that may not ask about others of its own tokens only", async () => {
    await using started = await start();
    const { server, own, all, introspect } = started;
    const { accessToken, refreshToken } = await server.beginSession();
    expect(await introspect(accessToken, own)).toEqual({ active: false });
    expect(await introspect(refreshToken, own)).toEqual({ active: false });
    expect(await introspect(await clientToken(server, all), own)).toEqual({ active: false });
    expect(await introspect(await clientToken(server, own), own)).toMatchObject({ sub: "client_own" });
  });

  it("says of anything that cannot be used that it is not active, and no more (RFC 7662 §2.2)", async () => {
    await using started = await start();
    const { server, introspect } = started;
    const keyed = await addTestClient(server.issuer, "keyed", { key: true });
    const { accessToken } = await server.beginSession();
    const ended = await server.beginSession();
    await server.issuer.sessions.end({ where: { sessionId: ended.sessionId }, reason: "signed_out" });
    const [header, payload] = accessToken.split(".");
    const dead = [
      ended.accessToken,
      ended.refreshToken,
      `${header}.${payload}.${"A".repeat(86)}`,
      `${accessToken}x`,
      server.other.sign(),
      keyed.assert(),
      "csr_forged",
      "x",
      "x".repeat(20_000),
    ];
    for (const token of dead) {
      expect(await introspect(token)).toEqual({ active: false });
    }
    server.issuer.clock.advance(600_000);
    expect(await introspect(accessToken)).toEqual({ active: false });
    expect(server.errors).toEqual([]);
  });

  it("knows at once of a session that another server has ended", async () => {
    await using started = await start();
    const { store, clock } = started.server.issuer;
    const { accessToken, sessionId } = await started.server.beginSession();
    await revokeSessions(store, { where: { sessionId }, reason: "signed_out", nowMs: clock.nowMs() });
    expect(await started.introspect(accessToken)).toEqual({ active: false });
  });

  it("needs a token", async () => {
    await using started = await start();
    const { status, body } = await started.server.post("/oauth2/introspect", proof(started.all));
    expect([status, body.error]).toEqual([400, "invalid_request"]);
  });
});

describe("revocation", () => {
  it("ends the session of either token, whatever the hint says (RFC 7009 §2.1)", async () => {
    await using started = await start();
    const { server, introspect } = started;
    for (const kind of ["accessToken", "refreshToken"] as const) {
      for (const hint of ["access_token", "refresh_token", "other", ""]) {
        const tokens = await server.beginSession();
        const form = { token: tokens[kind], token_type_hint: hint, ...FIRST_PARTY };
        const { status, body } = await server.post("/oauth2/revoke", form);
        expect([status, body]).toEqual([200, {}]);
        expect(await introspect(tokens.accessToken)).toEqual({ active: false });
        expect(await introspect(tokens.refreshToken)).toEqual({ active: false });
      }
    }
  });

  it("ends the session also with a refresh token that has been replaced: the answer may have been lost", async () => {
    await using started = await start();
    const { server, introspect } = started;
    const { refreshToken, accessToken } = await server.beginSession();
    const form = { grant_type: "refresh_token", refresh_token: refreshToken, ...FIRST_PARTY };
    expect((await server.post("/oauth2/token", form)).status).toBe(200);
    await server.post("/oauth2/revoke", { token: refreshToken, ...FIRST_PARTY });
    expect(await introspect(accessToken)).toEqual({ active: false });
  });

  it("is in order for a token that is unknown, ended, or of somebody else's making (RFC 7009 §2.2)", async () => {
    await using started = await start();
    const { server } = started;
    const { refreshToken } = await server.beginSession();
    await server.post("/oauth2/revoke", { token: refreshToken, ...FIRST_PARTY });
    for (const token of [refreshToken, "csr_forged", server.other.sign(), "x"]) {
      expect((await server.post("/oauth2/revoke", { token, ...FIRST_PARTY })).status).toBe(200);
    }
  });

  it("asks the client to come again while revocations wait to be written (RFC 7009 §2.2.1)", async () => {
    await using started = await start();
    const { server } = started;
    const { refreshToken } = await server.beginSession();
    const revoke = () => server.post("/oauth2/revoke", { token: refreshToken, ...FIRST_PARTY });
    await revoke();
    const other = await server.beginSession();
    const { store, sessions } = server.issuer;
    await sql`pragma query_only = on`.execute(store.db);
    const end = { where: { sessionId: other.sessionId }, reason: "signed_out" } as const;
    await expect(sessions.end(end)).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    const { status, headers, body } = await revoke();
    expect([status, headers.get("retry-after"), body.error]).toEqual([503, "5", "temporarily_unavailable"]);
    await sql`pragma query_only = off`.execute(store.db);
    await eventually(async () => ((await revoke()).status === 200 ? true : undefined));
  });

  it("is refused for a token of another client, which stays good", async () => {
    await using started = await start();
    const { server, own, introspect } = started;
    const { accessToken, refreshToken } = await server.beginSession();
    for (const token of [accessToken, refreshToken]) {
      const { status, body } = await server.post("/oauth2/revoke", { token, ...proof(own) });
      expect([status, body.error]).toEqual([400, "invalid_grant"]);
    }
    expect(await introspect(refreshToken)).toMatchObject({ active: true });
  });

  it("of an exchanged token does not end the session of its user", async () => {
    await using started = await start();
    const { server, own, introspect } = started;
    const { accessToken } = await server.beginSession();
    const token = await exchanged(server, own, accessToken);
    expect((await server.post("/oauth2/revoke", { token, ...proof(own) })).status).toBe(200);
    expect(await introspect(token)).toEqual({ active: false });
    expect(await introspect(accessToken)).toMatchObject({ active: true });
  });

  it("needs to know who asks", async () => {
    await using started = await start();
    const { refreshToken: token } = await started.server.beginSession();
    const { status, body } = await started.server.post("/oauth2/revoke", { token });
    expect([status, body.error]).toEqual([401, "invalid_client"]);
  });
});

it("an unexpected failure is an internal error to the caller, and is told to the operator", async () => {
  await using started = await start();
  const { server, all } = started;
  await server.issuer.store.db.schema.dropTable("clients").execute();
  const { status, body } = await server.post("/oauth2/introspect", { token: "x", ...proof(all) });
  expect([status, body]).toEqual([500, { error: "server_error", error_description: "internal error" }]);
  expect(server.errors).toHaveLength(1);
});
