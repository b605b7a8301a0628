import { decodeJwt } from "jose";
import { expect, it } from "vitest";
import type { NewExternalSession } from "../../../server/issuer/src/sessions/begin-session.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { addTestClient } from "../../support/sign-ins.ts";
import { describeStores } from "../../support/stores.ts";
import { startTestIssuer, type TestIssuer } from "../../support/test-issuer.ts";

const IDP = "https://idp.example";
const HOUR_MS = 3_600_000;
const terms = {
  refreshForMs: 8 * HOUR_MS,
  scopes: ["notes:read", "notes:write"],
  roles: ["editor", "author"],
};
const session: NewExternalSession = {
  holder: { subject: "ext_1", scopes: ["notes:read", "notes:write"], roles: ["editor"] },
  external: { issuer: IDP, subject: "ada" },
  clientId: FIRST_PARTY_CLIENT_ID,
  scopes: [],
  refreshForMs: terms.refreshForMs,
};

async function start(open: () => Promise<Store>) {
  await using stack = new AsyncDisposableStack();
  const issuer = stack.use(await startTestIssuer(stack.use(await open())));
  issuer.terms.set(IDP, terms);
  const kept = stack.move();
  const refresh = (refreshToken: string, clientId = FIRST_PARTY_CLIENT_ID) =>
    issuer.sessions.refresh({ refreshToken, refreshId: "", clientId });
  return { issuer, refresh, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const refused = { reason: "REFRESH_TOKEN_INVALID" };

/** Change a registered client behind the back of its sessions. */
const changeClient = ({ store }: TestIssuer, change: { scopes?: string; roles?: string; grants?: string }) =>
  store.db.updateTable("clients").set(change).execute();

describeStores("sessions of another issuer's subjects", (open) => {
  it("go on with what was granted, and keep how and when their subject signed in (R27)", async () => {
    await using started = await start(open);
    const { issuer, refresh } = started;
    const proof = { authTimeMs: issuer.clock.nowMs() - HOUR_MS, acr: "gold", amr: ["otp"] };
    const first = await issuer.sessions.beginExternal({ ...session, ...proof, actor: { sub: "ext_robot" } });
    const claims = decodeJwt(first.accessToken);
    expect(claims).toMatchObject({
      ...{ sub: "ext_1", roles: ["editor"], scope: "notes:read notes:write", acr: "gold", amr: ["otp"] },
      ...{ auth_time: Math.floor(proof.authTimeMs / 1_000), act: { sub: "ext_robot" } },
    });
    issuer.clock.advance(HOUR_MS);
    const second = await refresh(first.refreshToken);
    const { iat, exp, jti, ...rest } = decodeJwt(second.accessToken);
    expect(rest).toEqual({ ...claims, iat: undefined, exp: undefined, jti: undefined });
    expect([iat, exp, jti]).not.toEqual([claims.iat, claims.exp, claims.jti]);
  });

  it("say nothing of when their subject signed in when nobody knows, also later", async () => {
    await using started = await start(open);
    const { issuer, refresh } = started;
    const { refreshToken } = await issuer.sessions.beginExternal(session);
    for (const claim of ["auth_time", "acr", "amr", "act"]) {
      expect(decodeJwt((await refresh(refreshToken)).accessToken)).not.toHaveProperty(claim);
    }
  });

  it("end for good when their issuer's time is up, however often they are refreshed, and tokens with them", async () => {
    await using started = await start(open);
    const { issuer, refresh } = started;
    let tokens = await issuer.sessions.beginExternal(session);
    for (let hour = 1; hour < 8; hour++) {
      issuer.clock.advance(HOUR_MS);
      tokens = await refresh(tokens.refreshToken);
    }
    expect(tokens.refreshExpiresInMs).toBe(HOUR_MS);
    issuer.clock.advance(HOUR_MS - 60_000);
    tokens = await refresh(tokens.refreshToken);
    expect(tokens).toMatchObject({ expiresInMs: 60_000, refreshExpiresInMs: 60_000 });
    issuer.clock.advance(60_000);
    await expect(refresh(tokens.refreshToken)).rejects.toMatchObject(refused);
  });

  it("stop when the issuer is no longer trusted for it, and go on when that was a mistake", async () => {
    await using started = await start(open);
    const { issuer, refresh } = started;
    const { refreshToken } = await issuer.sessions.beginExternal(session);
    const next = await refresh(refreshToken);
    issuer.terms.clear();
    await expect(refresh(next.refreshToken)).rejects.toMatchObject(refused);
    await expect(refresh(refreshToken)).rejects.toMatchObject(refused); // not even the answer to a lost attempt
    issuer.terms.set(IDP, { ...terms, refreshForMs: 1 });
    issuer.clock.advance(1);
    await expect(refresh(next.refreshToken)).rejects.toMatchObject(refused);
    issuer.terms.set(IDP, terms);
    await refresh(next.refreshToken);
  });

  it("lose what the issuer's terms lose, and gain nothing", async () => {
    await using started = await start(open);
    const { issuer, refresh } = started;
    const { refreshToken } = await issuer.sessions.beginExternal({ ...session, scopes: ["notes:read"] });
    const wider = { ...terms, scopes: [...terms.scopes, "root"], roles: [...terms.roles, "admin"] };
    issuer.terms.set(IDP, wider);
    const second = await refresh(refreshToken);
    expect(decodeJwt(second.accessToken)).toMatchObject({ scope: "notes:read", roles: ["editor"] });
    issuer.terms.set(IDP, { ...terms, scopes: ["notes:write"], roles: ["author"] });
    const third = decodeJwt((await refresh(second.refreshToken)).accessToken);
    expect(third).toMatchObject({ roles: [] });
    expect(third).not.toHaveProperty("scope");
  });

  it("are bound to their client, shrink with it, and end with its right to refresh", async () => {
    await using started = await start(open);
    const { issuer, refresh } = started;
    await addTestClient(issuer, "app", { grants: ["refresh_token"], roles: ["editor"] });
    const first = await issuer.sessions.beginExternal({ ...session, clientId: "app" });
    await expect(refresh(first.refreshToken)).rejects.toMatchObject(refused);
    await expect(refresh(first.refreshToken, "other")).rejects.toMatchObject(refused);
    await changeClient(issuer, { scopes: '["notes:read"]', roles: "[]" });
    const second = await refresh(first.refreshToken, "app");
    expect(decodeJwt(second.accessToken)).toMatchObject({ scope: "notes:read", roles: [] });
    await changeClient(issuer, { grants: '["client_credentials"]' });
    await expect(refresh(second.refreshToken, "app")).rejects.toMatchObject(refused);
  });

  it("end with their client, and stay ended when it is let in again", async () => {
    await using started = await start(open);
    const { issuer, refresh } = started;
    const { clients } = await addTestClient(issuer, "app", { grants: ["refresh_token"] });
    const { refreshToken, sessionId } = await issuer.sessions.beginExternal({ ...session, clientId: "app" });
    await clients.disable("app");
    await clients.enable("app");
    await expect(refresh(refreshToken, "app")).rejects.toMatchObject({ reason: "SESSION_REVOKED" });
    expect(issuer.revoked).toMatchObject([{ dimension: "sid", value: sessionId, reason: "client_disabled" }]);
  });

  it("are not begun for a client that was disabled after it proved who it is", async () => {
    await using started = await start(open);
    const { issuer } = started;
    const { clients } = await addTestClient(issuer, "app", { grants: ["refresh_token"] });
    await clients.disable("app");
    const begun = issuer.sessions.beginExternal({ ...session, clientId: "app" });
    await expect(begun).rejects.toMatchObject({ reason: "CREDENTIALS_INVALID" });
  });

  it("take a token that comes twice for theft, like every session", async () => {
    await using started = await start(open);
    const { issuer, refresh } = started;
    const first = await issuer.sessions.beginExternal(session);
    const second = await refresh(first.refreshToken);
    expect((await refresh(first.refreshToken)).refreshToken).toBe(second.refreshToken); // within ten seconds
    issuer.clock.advance(10_001);
    await expect(refresh(first.refreshToken)).rejects.toMatchObject({
      reason: "SESSION_REVOKED",
      metadata: { cause: "reuse_detected" },
    });
    await expect(refresh(second.refreshToken)).rejects.toMatchObject({ reason: "SESSION_REVOKED" });
  });

  it("have one winner when 20 refresh the same token at the same time", async () => {
    await using started = await start(open);
    const { issuer } = started;
    const { refreshToken, sessionId } = await issuer.sessions.beginExternal(session);
    const attempts = Array.from({ length: 20 }, (_, n) =>
      issuer.sessions.refresh({ refreshToken, refreshId: `attempt-number-${n}` }),
    );
    const answers = await Promise.all(attempts);
    expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1);
    expect(await issuer.sessions.find(sessionId)).toMatchObject({ generation: 1, revokedAtMs: undefined });
    expect(issuer.events.filter(({ type }) => type === "refresh")).toHaveLength(1);
  });

  it("are listed by subject, and ended by subject or with all others of their issuer", async () => {
    await using started = await start(open);
    const { issuer } = started;
    const { sessions } = issuer;
    const one = await sessions.beginExternal(session);
    const other = { issuer: "https://other.example", subject: "ada" };
    const two = await sessions.beginExternal({ ...session, external: other });
    const listed = await sessions.list({ subject: "ext_1", limit: 9 });
    expect(listed.map(({ external }) => external)).toEqual(expect.arrayContaining([session.external, other]));
    const reason = "revoked_by_operator";
    expect(await sessions.end({ where: { externalIssuer: IDP }, reason })).toEqual([one.sessionId]);
    expect(await sessions.end({ where: { subject: "ext_1" }, reason })).toEqual([two.sessionId]);
  });
});
