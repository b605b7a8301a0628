import { UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { bearer, startSessionServer } from "../../support/session-server.ts";
import { addTestAccount } from "../../support/test-issuer.ts";
import { refusal, signIn } from "./session-calls.ts";

describe("SignOut, WhoAmI and the list of sessions", () => {
  it("ends the session of the call", async () => {
    await using server = await startSessionServer();
    const { client, issuer } = server;
    const tokens = await signIn(server);
    await client.signOut({}, bearer(tokens.accessToken));
    expect(issuer.revoked).toMatchObject([{ value: tokens.sessionId, reason: "signed_out" }]);
    expect(server.events.at(-1)).toMatchObject({ type: "sign_out", sessionId: tokens.sessionId });
    expect(await refusal(client.refresh({ refreshToken: tokens.refreshToken }))).toMatchObject({
      reason: "SESSION_REVOKED",
      metadata: {},
    });
  });

  it("says who is calling", async () => {
    await using server = await startSessionServer();
    const tokens = await signIn(server);
    expect(await server.client.whoAmI({}, bearer(tokens.accessToken))).toMatchObject({
      subject: expect.stringMatching(/^usr_/),
      sessionId: tokens.sessionId,
      clientId: "countersign-first-party",
      scopes: ["notes:read", "notes:write"],
      issuer: "http://127.0.0.1:8080",
    });
  });

  it("lists the caller's sessions page by page, and marks the current one", async () => {
    await using server = await startSessionServer();
    const made = [await signIn(server), await signIn(server), await signIn(server)];
    const auth = bearer(made[1]?.accessToken ?? "");
    const page = await server.client.listSessions({ pageSize: 2 }, auth);
    const rest = await server.client.listSessions({ pageToken: page.nextPageToken }, auth);
    const all = [...page.sessions, ...rest.sessions];
    expect([page.sessions.length, rest.sessions.length, rest.nextPageToken]).toEqual([2, 1, ""]);
    expect(all.map(({ sessionId }) => sessionId).toSorted()).toEqual(
      made.map(({ sessionId }) => sessionId).toSorted(),
    );
    expect(all.filter(({ current }) => current)).toMatchObject([
      { sessionId: made[1]?.sessionId, clientId: "" },
    ]);
  });

  it("shows who acts for the caller in a session, with those who have handed the token on", async () => {
    await using server = await startSessionServer();
    const { sessions, store } = server.issuer;
    const { subject } = await addTestAccount(store, "eve");
    // As a release before has stored it: the words of another issuer.
    const before = JSON.parse(
      '{"sub": "ext_robot", "iss": "https://idp.example", "act": {"sub": 7, "act": "no actor"}}',
    );
    const common = {
      external: { issuer: "https://idp.example", subject: "eve" },
      ...{ holder: { subject, scopes: [], roles: [] }, scopes: [], refreshForMs: 60_000 },
      clientId: FIRST_PARTY_CLIENT_ID,
    };
    const actor = { sub: "client_agent", client_id: "agent", act: before };
    const acted = await sessions.beginExternal({ ...common, actor });
    const own = await sessions.beginExternal(common);
    const token = new UnsecuredJWT({
      sid: own.sessionId,
      client_id: FIRST_PARTY_CLIENT_ID,
      scope: "",
      roles: [],
    });
    const auth = bearer(token.setSubject(subject).setIssuer("http://127.0.0.1:8080").encode());
    const listed = (await server.client.listSessions({}, auth)).sessions;
    const actorOf = (id: string) => listed.find(({ sessionId }) => sessionId === id)?.actor;
    expect(actorOf(own.sessionId)).toBeUndefined();
    expect(actorOf(acted.sessionId)).toMatchObject({
      ...{ subject: "client_agent", issuer: "", clientId: "agent" },
      actor: {
        ...{ subject: "ext_robot", issuer: "https://idp.example", clientId: "" },
        actor: { subject: "", issuer: "", clientId: "" },
      },
    });
    const signIns = server.events.filter(({ type }) => type === "sign_in");
    expect(signIns.map(({ actor }) => actor)).toEqual(["client_agent", undefined]);
  });

  it("refuses pages that make no sense", async () => {
    await using server = await startSessionServer();
    const auth = bearer((await signIn(server)).accessToken);
    for (const [input, field] of [
      [{ pageSize: -1 }, "page_size"],
      [{ pageToken: "garbage" }, "page_token"],
    ] as const) {
      expect(await refusal(server.client.listSessions(input, auth))).toMatchObject({ fields: [field] });
    }
  });

  it("ends another session of the caller, twice if need be, but nobody else's", async () => {
    await using server = await startSessionServer();
    const { client, issuer } = server;
    const [mine, phone] = [await signIn(server), await signIn(server)];
    const auth = bearer(mine.accessToken);
    await client.revokeSession({ sessionId: phone.sessionId }, auth);
    await client.revokeSession({ sessionId: phone.sessionId }, auth);
    expect(issuer.revoked).toMatchObject([{ value: phone.sessionId, reason: "revoked_by_user" }]);
    const eve = await addTestAccount(issuer.store, "eve");
    const other = await issuer.sessions.begin({ account: eve, clientId: "x", scopes: [] });
    for (const sessionId of [other.sessionId, "unknown"]) {
      expect(await refusal(client.revokeSession({ sessionId }, auth))).toMatchObject({ code: "NotFound" });
    }
    expect(await issuer.sessions.find(other.sessionId)).toMatchObject({ revokedAtMs: undefined });
    expect(await refusal(client.revokeSession({}, auth))).toMatchObject({ fields: ["session_id"] });
  });

  it("shows and ends a user's sessions with our own pages only to those, and else to their own client", async () => {
    await using server = await startSessionServer();
    const { client, issuer } = server;
    const eve = await addTestAccount(issuer.store, "eve");
    const begin = (clientId: string) => issuer.sessions.begin({ account: eve, clientId, scopes: [] });
    const pages = await begin(FIRST_PARTY_CLIENT_ID);
    const [agent, agentToo, other] = [await begin("agent"), await begin("agent"), await begin("other")];
    const idsOf = async (accessToken: string) =>
      (await client.listSessions({}, bearer(accessToken))).sessions.map(({ sessionId }) => sessionId);
    expect(new Set(await idsOf(agent.accessToken))).toEqual(new Set([agent.sessionId, agentToo.sessionId]));
    expect(await idsOf(pages.accessToken)).toHaveLength(4);
    for (const { sessionId } of [pages, other]) {
      const call = client.revokeSession({ sessionId }, bearer(agent.accessToken));
      expect(await refusal(call)).toMatchObject({ code: "NotFound" });
      expect(await issuer.sessions.find(sessionId)).toMatchObject({ revokedAtMs: undefined });
    }
    await client.revokeSession({ sessionId: agentToo.sessionId }, bearer(agent.accessToken));
    await client.revokeSession({ sessionId: other.sessionId }, bearer(pages.accessToken));
    expect(issuer.revoked.map(({ value }) => value)).toEqual([agentToo.sessionId, other.sessionId]);
  });

  it("ends all other sessions of the caller, and says how many", async () => {
    await using server = await startSessionServer();
    const { client, issuer } = server;
    const eve = await addTestAccount(issuer.store, "eve");
    const other = await issuer.sessions.begin({ account: eve, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    const [phone, mine, tablet] = [await signIn(server), await signIn(server), await signIn(server)];
    const auth = bearer(mine.accessToken);
    expect(await client.revokeOtherSessions({}, auth)).toMatchObject({ revokedCount: 2 });
    expect(new Set(issuer.revoked.map(({ value }) => value))).toEqual(
      new Set([phone.sessionId, tablet.sessionId]),
    );
    expect(issuer.revoked).toMatchObject([{ reason: "revoked_by_user" }, { reason: "revoked_by_user" }]);
    expect(await client.revokeOtherSessions({}, auth)).toMatchObject({ revokedCount: 0 });
    expect(await client.refresh({ refreshToken: mine.refreshToken })).toMatchObject({
      tokens: { sessionId: mine.sessionId },
    });
    expect(await issuer.sessions.find(other.sessionId)).toMatchObject({ revokedAtMs: undefined });
  });

  it("ends only a registered client's own other sessions with its user for that client", async () => {
    await using server = await startSessionServer();
    const { client, issuer } = server;
    const eve = await addTestAccount(issuer.store, "eve");
    const begin = (clientId: string) => issuer.sessions.begin({ account: eve, clientId, scopes: [] });
    await begin(FIRST_PARTY_CLIENT_ID);
    await begin("other");
    const [agent, agentToo] = [await begin("agent"), await begin("agent")];
    expect(await client.revokeOtherSessions({}, bearer(agent.accessToken))).toMatchObject({
      revokedCount: 1,
    });
    expect(issuer.revoked.map(({ value }) => value)).toEqual([agentToo.sessionId]);
  });

  it("does not let another issuer's token act on a session of the same name", async () => {
    await using server = await startSessionServer();
    const { client } = server;
    const { sessionId, accessToken } = await signIn(server);
    const { subject } = await client.whoAmI({}, bearer(accessToken));
    const claims = { sid: sessionId, client_id: "c", scope: "", roles: [] };
    const foreign = bearer(
      new UnsecuredJWT(claims).setIssuer("https://idp.example").setSubject(subject).encode(),
    );
    for (const call of [
      client.signOut({}, foreign),
      client.listSessions({}, foreign),
      client.revokeSession({ sessionId }, foreign),
      client.revokeOtherSessions({}, foreign),
    ]) {
      expect(await refusal(call)).toMatchObject({ code: "FailedPrecondition" });
    }
    expect(server.issuer.revoked).toEqual([]);
  });
});
