import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { addTestClient } from "../../support/sign-ins.ts";
import { TEST_ISSUER } from "../../support/test-issuer.ts";
import { ACCESS_TOKEN, claimsOf, start, TYPE } from "./exchange-server.ts";

describe("a token of ours", () => {
  it("becomes one that says who acts, in the same session, for as long as it would have lasted", async () => {
    await using started = await start();
    const { server, exchange } = started;
    const { accessToken, sessionId } = await server.beginSession();
    server.issuer.clock.advance(60_000);
    const answer = await exchange(accessToken, { scope: "notes:read" });
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      issued_token_type: ACCESS_TOKEN,
      token_type: "Bearer",
      expires_in: 540,
      scope: "notes:read",
    });
    expect(claimsOf(answer)).toMatchObject({
      sub: "usr_ada",
      sid: sessionId,
      client_id: "agent",
      act: { sub: "client_agent", client_id: "agent" },
      auth_time: decodeJwt(accessToken).auth_time,
      exp: decodeJwt(accessToken).exp,
    });
  });

  it("is on record as exchanged, with who acts from now on", async () => {
    await using started = await start();
    const { server, exchange } = started;
    const { accessToken, sessionId } = await server.beginSession();
    await exchange(accessToken);
    expect(server.events).toContainEqual({
      type: "token_exchanged",
      ...{ subject: "usr_ada", sessionId, clientId: "agent", actor: "client_agent" },
    });
  });

  it("never gains a scope or a role: neither the user's nor the client's are widened", async () => {
    await using started = await start({ roles: ["admin"] });
    const { server, exchange } = started;
    const { accessToken } = await server.beginSession();
    const narrow = await addTestClient(server.issuer, "narrow", {
      grants: ["token-exchange"],
      scopes: ["notes:read", "root"],
      roles: ["author"],
    });
    expect(claimsOf(await exchange(accessToken))).toMatchObject({
      roles: [],
      scope: "notes:read notes:write",
    });
    const first = await exchange(accessToken, {}, narrow);
    expect(claimsOf(first)).toMatchObject({ roles: ["author"], scope: "notes:read" });
    expect((await exchange(accessToken, { scope: "root" }, narrow)).body.error).toBe("invalid_scope");
    const second = await exchange(String(first.body.access_token));
    expect(claimsOf(second)).toMatchObject({ scope: "notes:read" });
  });

  it("keeps those who acted before as history, and cannot be handed on for ever", async () => {
    await using started = await start();
    const { server, exchange } = started;
    let { accessToken } = await server.beginSession();
    for (let n = 0; n < 4; n++) {
      accessToken = String((await exchange(accessToken)).body.access_token);
    }
    expect(decodeJwt(accessToken)).toMatchObject({
      sub: "usr_ada",
      act: { act: { act: { act: { sub: "client_agent" } } } },
    });
    expect((await exchange(accessToken)).body).toMatchObject({ error: "invalid_request" });
  });

  it("is refused once its session has ended", async () => {
    await using started = await start();
    const { server, exchange } = started;
    const { accessToken, sessionId } = await server.beginSession();
    await server.issuer.sessions.end({ where: { sessionId }, reason: "signed_out" });
    expect((await exchange(accessToken)).body.error).toBe("invalid_request");
  });
});

describe("a token of another issuer", () => {
  it("becomes one of a subject of ours", async () => {
    await using started = await start({ roles: ["admin"] });
    const { server, exchange } = started;
    for (const type of ["access_token", "jwt"]) {
      const more = { subject_token_type: `${TYPE}${type}` };
      expect(claimsOf(await exchange(server.other.sign({ roles: ["ops"] }), more))).toMatchObject({
        sub: expect.stringMatching(/^ext_/),
        roles: ["admin"],
        scope: "notes:read",
        act: { sub: "client_agent" },
      });
    }
  });

  it("may be used by whom it names in may_act, and by nobody else (RFC 8693 §4.4)", async () => {
    await using started = await start();
    const { server, exchange } = started;
    const allowed = { iss: TEST_ISSUER, sub: "client_agent" };
    expect((await exchange(server.other.sign({ may_act: allowed }))).status).toBe(200);
    const refused = [
      { sub: "client_agent" },
      { iss: TEST_ISSUER, sub: "client_other" },
      { iss: TEST_ISSUER },
      { ...allowed, client_id: "other" },
      { ...allowed, department: "x" },
      {},
      null,
      "client_agent",
      [allowed],
    ];
    for (const mayAct of refused) {
      const { status, body } = await exchange(server.other.sign({ may_act: mayAct }));
      expect([status, body.error]).toEqual([400, "invalid_request"]);
    }
  });

  it("may name as its actor a subject of its own issuer", async () => {
    await using started = await start();
    const { server, exchange } = started;
    const token = server.other.sign({ may_act: { sub: "robot" } });
    const actorOf = (sub: string) => ({
      actor_token: server.other.sign({ sub }),
      actor_token_type: ACCESS_TOKEN,
    });
    const answer = await exchange(token, actorOf("robot"));
    expect(claimsOf(answer)).toMatchObject({ act: { sub: expect.stringMatching(/^ext_/) } });
    expect(claimsOf(answer).act).not.toHaveProperty("client_id");
    expect((await exchange(token, actorOf("eve"))).body.error).toBe("invalid_request");
    expect((await exchange(token)).body.error).toBe("invalid_request");
  });
});

describe("an exchange is refused", () => {
  it("to a client that may not, and to nobody in particular", async () => {
    await using started = await start();
    const { server, exchange } = started;
    const { accessToken } = await server.beginSession();
    const other = await addTestClient(server.issuer, "other");
    expect((await exchange(accessToken, {}, other)).body.error).toBe("unauthorized_client");
    const form = {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: accessToken,
    };
    const anonymous = await server.post("/oauth2/token", { ...form, subject_token_type: ACCESS_TOKEN });
    expect([anonymous.status, anonymous.body.error]).toEqual([401, "invalid_client"]);
  });

  const wrong: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ["without a type", { subject_token_type: "" }, "invalid_request"],
    ["of a refresh token's type", { subject_token_type: `${TYPE}refresh_token` }, "invalid_request"],
    ["of a type that is unknown", { subject_token_type: `${TYPE}saml2` }, "invalid_request"],
    ["of ours as an ID token", { subject_token_type: `${TYPE}id_token` }, "invalid_request"],
    ["for another kind of token", { requested_token_type: `${TYPE}refresh_token` }, "invalid_request"],
    ["with the type of an actor only", { actor_token_type: ACCESS_TOKEN }, "invalid_request"],
    ["with an actor without a type", { actor_token: "x" }, "invalid_request"],
    ["with a wrong actor", { actor_token: "x", actor_token_type: ACCESS_TOKEN }, "invalid_request"],
    ["for another target", { audience: "x" }, "invalid_target"],
    ["for another resource", { resource: "https://x.example/" }, "invalid_target"],
  ];
  for (const [what, more, error] of wrong) {
    it(what, async () => {
      await using started = await start();
      const { server, exchange } = started;
      const { accessToken } = await server.beginSession();
      const answer = await exchange(accessToken, more);
      expect([answer.status, answer.body.error]).toEqual([400, error]);
    });
  }

  it("for a refresh token, an assertion and a token that is not ours, whatever they are called", async () => {
    await using started = await start();
    const { server, exchange } = started;
    const keyed = await addTestClient(server.issuer, "keyed", { key: true });
    const { refreshToken } = await server.beginSession();
    const tokens = [refreshToken, keyed.assert(), keyed.assert({ iss: TEST_ISSUER }, { typ: "at+jwt" }), "x"];
    for (const token of tokens) {
      for (const type of ["access_token", "jwt", "id_token"]) {
        const { body } = await exchange(token, { subject_token_type: `${TYPE}${type}` });
        expect(body.error).toBe("invalid_request");
      }
    }
    expect(server.errors).toEqual([]);
  });
});
