import { decodeJwt, decodeProtectedHeader } from "jose";
import { expect, it } from "vitest";
import type { RefreshInput } from "../../../server/issuer/src/sessions/refresh.ts";
import { createRefreshToken } from "../../../server/issuer/src/sessions/refresh-token.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { updateAccount } from "../../../server/issuer/src/store/accounts.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { describeStores } from "../../support/stores.ts";
import { addTestAccount, startTestIssuer, type TestIssuer } from "../../support/test-issuer.ts";

const DAY_MS = 86_400_000;

function begin({ sessions, account }: TestIssuer, scopes: readonly string[] = []) {
  return sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes });
}

function refresh({ sessions }: TestIssuer, refreshToken: string, refreshId = "") {
  return sessions.refresh({ refreshToken, refreshId } satisfies RefreshInput);
}

async function dump({ db }: Store): Promise<string> {
  const [sessions, keys] = [
    await db.selectFrom("sessions").selectAll().execute(),
    await db.selectFrom("signing_keys").selectAll().execute(),
  ];
  return JSON.stringify({ sessions, keys });
}

describeStores("sessions", (open) => {
  it("begin with tokens that say who, for whom and since when", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const tokens = await begin(issuer);
    const nowSeconds = issuer.clock.nowMs() / 1_000;
    expect(decodeProtectedHeader(tokens.accessToken)).toEqual({
      alg: "ES256",
      kid: issuer.keyRing.signingKey().kid,
      typ: "at+jwt",
    });
    expect(decodeJwt(tokens.accessToken)).toEqual({
      iss: "http://127.0.0.1:8080",
      aud: "tests",
      sub: issuer.account.subject,
      client_id: FIRST_PARTY_CLIENT_ID,
      sid: tokens.sessionId,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: nowSeconds,
      exp: nowSeconds + 600,
      auth_time: nowSeconds,
      scope: "notes:read notes:write",
      roles: ["author"],
    });
    expect(tokens).toMatchObject({ expiresInMs: 600_000, refreshExpiresInMs: 7 * DAY_MS });
    expect(issuer.events.at(-1)).toMatchObject({ type: "sign_in", sessionId: tokens.sessionId });
  });

  it("grant fewer scopes when fewer are asked for, and refuse more", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const tokens = await begin(issuer, ["notes:read", "notes:read"]);
    expect(tokens.scopes).toEqual(["notes:read"]);
    await expect(begin(issuer, ["notes:read", "root"])).rejects.toMatchObject({
      reason: "INSUFFICIENT_SCOPE",
    });
    expect(await issuer.sessions.list({ subject: issuer.account.subject, limit: 9 })).toHaveLength(1);
  });

  it("go on with a new refresh token, the same scopes and the same auth_time", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const first = await begin(issuer, ["notes:read"]);
    issuer.clock.advance(DAY_MS);
    const second = await refresh(issuer, first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second).toMatchObject({ scopes: ["notes:read"], sessionId: first.sessionId });
    expect(decodeJwt(second.accessToken).auth_time).toBe(decodeJwt(first.accessToken).auth_time);
    expect(decodeJwt(second.accessToken).jti).not.toBe(decodeJwt(first.accessToken).jti);
  });

  it("end 7 days after the last refresh and 30 days after the sign-in", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const idle = await begin(issuer);
    let { refreshToken } = await begin(issuer);
    for (let day = 6; day <= 24; day += 6) {
      issuer.clock.advance(6 * DAY_MS);
      ({ refreshToken } = await refresh(issuer, refreshToken));
    }
    await expect(refresh(issuer, idle.refreshToken)).rejects.toMatchObject({
      reason: "REFRESH_TOKEN_INVALID",
    });
    issuer.clock.advance(6 * DAY_MS - 1);
    const last = await refresh(issuer, refreshToken);
    expect(last.refreshExpiresInMs).toBe(1);
    issuer.clock.advance(1);
    await expect(refresh(issuer, last.refreshToken)).rejects.toMatchObject({
      reason: "REFRESH_TOKEN_INVALID",
    });
    expect(issuer.revoked).toEqual([]);
  });

  it("give the same successor to a repeated attempt until it is used", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { refreshToken, sessionId } = await begin(issuer);
    const answer = await refresh(issuer, refreshToken, "attempt-number-1");
    issuer.clock.advance(DAY_MS);
    const again = await refresh(issuer, refreshToken, "attempt-number-1");
    expect(again.refreshToken).toBe(answer.refreshToken);
    await refresh(issuer, again.refreshToken, "attempt-number-2");
    await expect(refresh(issuer, refreshToken, "attempt-number-1")).rejects.toMatchObject({
      reason: "SESSION_REVOKED",
      metadata: { cause: "reuse_detected" },
    });
    expect(issuer.revoked.map((revocation) => revocation.value)).toEqual([sessionId]);
  });

  it("give two tabs the same successor within 10 s", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { refreshToken } = await begin(issuer);
    const first = await refresh(issuer, refreshToken, "attempt-of-tab-1");
    issuer.clock.advance(10_000);
    const second = await refresh(issuer, refreshToken, "attempt-of-tab-2");
    expect(second.refreshToken).toBe(first.refreshToken);
    expect(issuer.revoked).toEqual([]);
  });

  it("end when a replaced token is used again, with everyone's tokens, and say so once", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { refreshToken, sessionId } = await begin(issuer);
    const owner = await refresh(issuer, refreshToken, "attempt-of-owner");
    issuer.clock.advance(10_001);
    const refusal = { reason: "SESSION_REVOKED", metadata: { cause: "reuse_detected" } };
    await expect(refresh(issuer, refreshToken, "attempt-of-thief")).rejects.toMatchObject(refusal);
    await expect(refresh(issuer, refreshToken, "attempt-of-thief")).rejects.toMatchObject(refusal);
    await expect(refresh(issuer, owner.refreshToken)).rejects.toMatchObject(refusal);
    expect(issuer.revoked).toMatchObject([{ dimension: "sid", value: sessionId, reason: "reuse" }]);
    expect(issuer.events.filter(({ type }) => type === "refresh_reuse")).toHaveLength(1);
  });

  it("are not touched by forged tokens, not even well-informed ones", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { refreshToken, sessionId } = await begin(issuer);
    const newest = await refresh(issuer, refreshToken);
    const forged = [0, 1, 2].map((generation) =>
      createRefreshToken(new Uint8Array(32), sessionId, generation),
    );
    for (const { text } of forged) {
      await expect(refresh(issuer, text)).rejects.toMatchObject({ reason: "REFRESH_TOKEN_INVALID" });
    }
    await expect(refresh(issuer, newest.refreshToken)).resolves.toMatchObject({ sessionId });
  });

  it("have one winner when 20 refresh the same token at the same time", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { refreshToken, sessionId } = await begin(issuer);
    const attempts = Array.from({ length: 20 }, (_, n) =>
      refresh(issuer, refreshToken, `attempt-number-${n}`),
    );
    const answers = await Promise.all(attempts);
    expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1);
    expect(await issuer.sessions.find(sessionId)).toMatchObject({ generation: 1, revokedAtMs: undefined });
    expect(issuer.events.filter(({ type }) => type === "refresh")).toHaveLength(1);
  });

  it("are told apart by client", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { refreshToken } = await begin(issuer);
    await expect(
      issuer.sessions.refresh({ refreshToken, refreshId: "", clientId: "other" }),
    ).rejects.toMatchObject({ reason: "REFRESH_TOKEN_INVALID" });
  });

  it("lose what their account loses, and end with it", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { subject } = issuer.account;
    const first = await begin(issuer);
    await store.db.updateTable("accounts").set({ scopes: '["notes:read"]', roles: "[]" }).execute();
    const second = await refresh(issuer, first.refreshToken);
    expect(decodeJwt(second.accessToken)).toMatchObject({ scope: "notes:read", roles: [] });
    await updateAccount(store, subject, { disabledAtMs: 1 });
    await expect(refresh(issuer, second.refreshToken)).rejects.toMatchObject({ reason: "SESSION_REVOKED" });
    expect(issuer.revoked).toMatchObject([{ reason: "account_disabled" }]);
  });

  it("end by name, by subject, and never somebody else's", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { subject } = issuer.account;
    const other = await addTestAccount(store, "eve");
    const [a, b, c] = [await begin(issuer), await begin(issuer), await begin(issuer)];
    const { sessions } = issuer;
    const stolen = {
      where: { sessionId: a.sessionId, subject: other.subject },
      reason: "revoked_by_user",
    } as const;
    expect(await sessions.end(stolen)).toEqual([]);
    expect(await sessions.end({ where: { sessionId: a.sessionId }, reason: "signed_out" })).toEqual([
      a.sessionId,
    ]);
    const rest = await sessions.end({ where: { subject }, reason: "revoked_by_operator" });
    expect(new Set(rest)).toEqual(new Set([b.sessionId, c.sessionId]));
    expect(await sessions.list({ subject, limit: 9 })).toEqual([]);
    await expect(refresh(issuer, a.refreshToken)).rejects.toMatchObject({
      reason: "SESSION_REVOKED",
      metadata: {},
    });
  });

  it("are listed newest first, page by page", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { subject } = issuer.account;
    const made: string[] = [];
    for (let n = 0; n < 5; n++) {
      made.unshift((await begin(issuer)).sessionId);
      issuer.clock.advance(1);
    }
    const pages = [await issuer.sessions.list({ subject, limit: 2 })];
    for (const page of pages) {
      const after = page.at(-1);
      if (after !== undefined) {
        pages.push(await issuer.sessions.list({ subject, limit: 2, after }));
      }
    }
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1, 0]);
    expect(pages.flat().map(({ sessionId }) => sessionId)).toEqual(made);
  });

  it("leave nothing in the store that signs in", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const first = await begin(issuer);
    const second = await refresh(issuer, first.refreshToken);
    const text = await dump(store);
    expect(text).toContain(first.sessionId);
    for (const { refreshToken, accessToken } of [first, second]) {
      expect(text).not.toContain(refreshToken.slice(32));
      expect(text).not.toContain(accessToken.slice(-40));
    }
    expect(text).not.toContain('\\"d\\"');
  });
});
