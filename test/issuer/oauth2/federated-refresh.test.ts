import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { type OAuthServer, startOAuthServer } from "../../support/oauth-server.ts";
import { addTestClient, type TestClient } from "../../support/sign-ins.ts";
import { TEST_ISSUER } from "../../support/test-issuer.ts";

const TYPE = "urn:ietf:params:oauth:token-type:";
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const HOUR_MS = 3_600_000;
const ALL = ["token-exchange", "jwt-bearer", "refresh_token"];

const proofOf = ({ clientId, secret }: TestClient) => ({ client_id: clientId, client_secret: secret });

/** A server with an issuer whose sessions may go on for eight hours, and a client. */
async function start(grants = ALL) {
  const server = await startOAuthServer({ refreshForMs: 8 * HOUR_MS });
  const client = await addTestClient(server.issuer, "agent", { grants, roles: ["admin"] });
  return { server, client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const exchange = (server: OAuthServer, client: TestClient, more: Readonly<Record<string, string>> = {}) =>
  server.post("/oauth2/token", {
    ...proofOf(client),
    grant_type: EXCHANGE,
    subject_token: server.other.sign({ roles: ["ops"] }),
    subject_token_type: `${TYPE}access_token`,
    ...more,
  });

const refresh = (server: OAuthServer, refreshToken: unknown, proof: Readonly<Record<string, string>>) =>
  server.post("/oauth2/token", {
    ...proof,
    grant_type: "refresh_token",
    refresh_token: String(refreshToken),
  });

describe("a client that may refresh", () => {
  it("cannot exchange a token again whose provider has ended its session", async () => {
    await using started = await start();
    const { server, client } = started;
    const { clock, logouts } = server.issuer;
    const again = { subject_token: server.other.sign({ sid: "s-1" }) };
    const { body } = await exchange(server, client, again);
    const ended = {
      issuer: "https://idp.example",
      dimension: "sid",
      value: "s-1",
      beforeMs: undefined,
    } as const;
    const terms = { maxLifeMs: HOUR_MS, reason: "logged_out" } as const;
    const event = { key: "logout", expiresAtMs: clock.nowMs() + HOUR_MS };
    await logouts.take({ ...event, revocations: [{ ...ended, ...terms }] });
    const answers = [
      await refresh(server, body.refresh_token, proofOf(client)),
      await exchange(server, client, again),
    ];
    expect(answers.map(({ status, body: { error } }) => [status, error])).toEqual([
      [400, "invalid_grant"],
      [400, "invalid_request"],
    ]);
    // Of another session, a token of the same subject is as good as before.
    expect((await exchange(server, client)).status).toBe(200);
  });

  it("carries on what it exchanged a token for, long after that token, still saying who acts", async () => {
    await using started = await start();
    const { server, client } = started;
    const { body } = await exchange(server, client);
    expect(body).toMatchObject({ refresh_expires_in: 8 * 3_600, scope: "notes:read" });
    server.issuer.clock.advance(7 * HOUR_MS);
    const next = await refresh(server, body.refresh_token, proofOf(client));
    expect(next.body).toMatchObject({ expires_in: 600, refresh_expires_in: 3_600, scope: "notes:read" });
    expect(decodeJwt(String(next.body.access_token))).toMatchObject({
      ...{ sub: expect.stringMatching(/^ext_/), client_id: "agent", roles: ["admin"] },
      act: { sub: "client_agent", client_id: "agent" },
    });
    server.issuer.clock.advance(HOUR_MS);
    const late = await refresh(server, next.body.refresh_token, proofOf(client));
    expect([late.status, late.body.error]).toEqual([400, "invalid_grant"]);
  });

  it("is told apart in the list of sessions by its user agent, and by the address that it last came from", async () => {
    await using started = await start();
    const { server, client } = started;
    const { body } = await exchange(server, client);
    const { sid } = decodeJwt<{ readonly sid: string }>(String(body.access_token));
    const found = () => server.issuer.sessions.find(sid);
    expect(await found()).toMatchObject({ device: "node", address: "127.0.0.1" });
    await server.issuer.store.db.updateTable("sessions").set({ device: null, address: null }).execute();
    await refresh(server, body.refresh_token, proofOf(client));
    expect(await found()).toMatchObject({ device: "node", address: "127.0.0.1" });
  });

  it("gets no refresh token for a user's token of ours, nor where an actor has a token of its own", async () => {
    await using started = await start();
    const { server, client } = started;
    const own = { subject_token: (await server.beginSession()).accessToken };
    const acted = { actor_token: server.other.sign({ sub: "robot" }), actor_token_type: `${TYPE}jwt` };
    for (const more of [own, acted]) {
      const { status, body } = await exchange(server, client, more);
      expect(status).toBe(200);
      expect(body).not.toHaveProperty("refresh_token");
    }
  });

  it("gets one for an assertion too, unless that names another party in may_act", async () => {
    await using started = await start();
    const { server, client } = started;
    const bring = (assertion: string) =>
      server.post("/oauth2/token", { ...proofOf(client), grant_type: JWT_BEARER, assertion });
    const { body } = await bring(server.other.sign());
    expect((await refresh(server, body.refresh_token, proofOf(client))).status).toBe(200);
    const refused = await bring(server.other.sign({ may_act: { sub: "robot" } }));
    expect([refused.status, refused.body.error]).toEqual([400, "invalid_grant"]);
  });

  it("gets none for a token with may_act, which would be gone from later tokens", async () => {
    await using started = await start();
    const { server, client } = started;
    const named = { iss: TEST_ISSUER, sub: "client_agent" };
    const token = server.other.sign({ may_act: named });
    const assertion = { ...proofOf(client), grant_type: JWT_BEARER, assertion: token };
    const answers = [
      await exchange(server, client, { subject_token: token }),
      await server.post("/oauth2/token", assertion),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body).not.toHaveProperty("refresh_token");
      expect(decodeJwt(String(body.access_token)).may_act).toEqual(named);
    }
  });

  it("ends the session with either of its tokens (RFC 7009 §2.1)", async () => {
    await using started = await start();
    const { server, client } = started;
    for (const kind of ["access_token", "refresh_token"]) {
      const { body } = await exchange(server, client);
      const form = { ...proofOf(client), token: String(body[kind]) };
      expect((await server.post("/oauth2/introspect", form)).body).toMatchObject({ active: true });
      await server.post("/oauth2/revoke", form);
      expect((await server.post("/oauth2/introspect", form)).body).toEqual({ active: false });
      const refused = await refresh(server, body.refresh_token, proofOf(client));
      expect([refused.status, refused.body.error]).toEqual([400, "invalid_grant"]);
    }
  });
});

describe("a refresh token of a client", () => {
  it("is worth nothing without its proof, or to anybody else (RFC 6749 §6)", async () => {
    await using started = await start();
    const { server, client } = started;
    const thief = await addTestClient(server.issuer, "thief", { grants: ALL });
    const { body } = await exchange(server, client);
    const tries = [
      { proof: { client_id: FIRST_PARTY_CLIENT_ID }, status: 400, error: "invalid_grant" },
      { proof: { client_id: "agent" }, status: 401, error: "invalid_client" },
      { proof: { client_id: "agent", client_secret: "css_wrong" }, status: 401, error: "invalid_client" },
      { proof: proofOf(thief), status: 400, error: "invalid_grant" },
      { proof: {}, status: 401, error: "invalid_client" },
    ];
    for (const { proof, status, error } of tries) {
      const refused = await refresh(server, body.refresh_token, proof);
      expect([refused.status, refused.body.error]).toEqual([status, error]);
    }
    const revoked = { ...proofOf(thief), token: String(body.refresh_token) };
    expect((await server.post("/oauth2/revoke", revoked)).body.error).toBe("invalid_grant");
    await expect(
      server.issuer.sessions.refresh({ refreshToken: String(body.refresh_token), refreshId: "" }),
    ).rejects.toMatchObject({ reason: "REFRESH_TOKEN_INVALID" });
    expect((await refresh(server, body.refresh_token, proofOf(client))).status).toBe(200);
  });

  it("can ask for less, never for more", async () => {
    await using started = await start();
    const { server, client } = started;
    const { body } = await exchange(server, client);
    const more = await refresh(server, body.refresh_token, { ...proofOf(client), scope: "notes:write" });
    expect(more.body.error).toBe("invalid_scope");
    const target = await refresh(server, body.refresh_token, {
      ...proofOf(client),
      resource: "https://x.example",
    });
    expect(target.body.error).toBe("invalid_target");
    const same = await refresh(server, body.refresh_token, { ...proofOf(client), scope: "notes:read" });
    expect(same.status).toBe(200);
  });
});

describe("introspection of a refresh token (RFC 7662 §4)", () => {
  it("says what it would be exchanged for now, and nothing once that is nothing", async () => {
    await using started = await start();
    const { server, client } = started;
    const { issuer } = server;
    const { body } = await exchange(server, client);
    const form = { ...proofOf(client), token: String(body.refresh_token) };
    const ask = async () => (await server.post("/oauth2/introspect", form)).body;
    const nowSeconds = Math.floor(issuer.clock.nowMs() / 1_000);
    expect(await ask()).toMatchObject({ active: true, scope: "notes:read", exp: nowSeconds + 8 * 3_600 });
    await server.restart({ refreshForMs: HOUR_MS, scopes: [] });
    expect(await ask()).toMatchObject({ active: true, exp: nowSeconds + 3_600 });
    expect(await ask()).not.toHaveProperty("scope");
    await server.restart(undefined);
    expect(await ask()).toEqual({ active: false });
    // Its client can still end the session for good.
    await server.post("/oauth2/revoke", form);
    await server.restart({});
    const refused = await refresh(server, body.refresh_token, proofOf(client));
    expect([refused.status, refused.body.error]).toEqual([400, "invalid_grant"]);
  });
});

describe("no refresh token is given out", () => {
  it("to a client that may not refresh", async () => {
    await using started = await start(["token-exchange", "jwt-bearer"]);
    const { server, client } = started;
    expect((await exchange(server, client)).body).not.toHaveProperty("refresh_token");
  });

  it("to nobody in particular", async () => {
    await using started = await start();
    const { server } = started;
    const form = { grant_type: JWT_BEARER, assertion: server.other.sign() };
    const anonymous = await server.post("/oauth2/token", form);
    expect(anonymous.status).toBe(200);
    expect(anonymous.body).not.toHaveProperty("refresh_token");
    const firstParty = await server.post("/oauth2/token", { ...form, client_id: FIRST_PARTY_CLIENT_ID });
    expect(firstParty.body).toHaveProperty("refresh_token");
  });

  it("where the issuer's sessions do not go on", async () => {
    await using server = await startOAuthServer();
    const client = await addTestClient(server.issuer, "agent", { grants: ALL });
    expect((await exchange(server, client)).body).not.toHaveProperty("refresh_token");
  });
});
