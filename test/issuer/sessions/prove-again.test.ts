import { decodeJwt } from "jose";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import type { IssuedTokens } from "../../../server/issuer/src/sessions/tokens.ts";
import { replacePasswordHash, updateAccount } from "../../../server/issuer/src/store/accounts.ts";
import { toTextList } from "../../../server/issuer/src/store/text-list.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { describeStores } from "../../support/stores.ts";
import { addTestAccount, startTestIssuer, type TestIssuer } from "../../support/test-issuer.ts";

type Proof = Partial<Parameters<TestIssuer["sessions"]["begin"]>[0]>;

/** Prove who the account is, with a password. */
function begin({ sessions, account }: TestIssuer, proof: Proof = {}): Promise<IssuedTokens> {
  return sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [], amr: ["pwd"], ...proof });
}

const refresh = ({ sessions }: TestIssuer, { refreshToken }: IssuedTokens) =>
  sessions.refresh({ refreshToken, refreshId: "" });

const DAY_MS = 86_400_000;

describeStores("a session whose owner proves again who they are (RFC 9470)", (open) => {
  it("goes on: its tokens say when and how from now on, and its refresh token stays as it is", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const first = await begin(issuer, { scopes: ["notes:read"] });
    issuer.clock.advance(120_000);
    const { sessionId } = first;
    const again = await begin(issuer, { sessionId, amr: ["pwd", "otp"], acr: "urn:acme:mfa" });
    const nowSeconds = issuer.clock.nowMs() / 1_000;
    const proof = { auth_time: nowSeconds, amr: ["pwd", "otp"], acr: "urn:acme:mfa", scope: "notes:read" };
    expect(again).toMatchObject({ sessionId, refreshToken: "", scopes: ["notes:read"] });
    expect(decodeJwt(again.accessToken)).toMatchObject({ ...proof, sid: sessionId });
    issuer.clock.advance(1_000);
    const next = await refresh(issuer, first);
    expect(decodeJwt(next.accessToken)).toMatchObject({ ...proof, sid: sessionId });
    expect(issuer.events.filter(({ type }) => type === "sign_in")).toMatchObject([
      { sessionId },
      { sessionId },
    ]);
    expect(issuer.revoked).toEqual([]);
  });

  const elsewhere: Readonly<
    Record<string, (issuer: TestIssuer, first: IssuedTokens) => Promise<Proof | undefined>>
  > = {
    "of another account": async ({ store }) => ({ account: await addTestAccount(store, "bob") }),
    "of another client": async () => ({ clientId: "app" }),
    "that is over": async ({ sessions }, { sessionId }) => {
      await sessions.end({ where: { sessionId }, reason: "signed_out", isProven: true });
      return undefined;
    },
    "that has expired": async ({ clock }) => {
      clock.advance(7 * DAY_MS);
      return undefined;
    },
    "that has been refreshed until its time was up": async ({ clock, store }, { sessionId }) => {
      clock.advance(30 * DAY_MS);
      const lively = { idle_expires_at: clock.nowMs() + DAY_MS };
      await store.db.updateTable("sessions").set(lively).where("session_id", "=", sessionId).execute();
      return undefined;
    },
    "of resources that the server has no more": async ({ store }, { sessionId }) => {
      const resources = toTextList(["https://gone.example/"]);
      await sql`update sessions set resources = ${resources} where session_id = ${sessionId}`.execute(
        store.db,
      );
      return undefined;
    },
    "that is not there": async () => ({ sessionId: "none" }),
    "whose name is one of JavaScript": async () => ({ sessionId: "__proto__" }),
    "that lacks a scope": async () => ({ scopes: ["notes:write"] }),
  };

  for (const [name, prepare] of notEmpty(Object.entries(elsewhere))) {
    it(`is not one ${name}: another begins, and that one is as it was`, async () => {
      await using store = await open();
      using issuer = await startTestIssuer(store);
      const first = await begin(issuer, { scopes: ["notes:read"] });
      const proof = (await prepare(issuer, first)) ?? {};
      const before = await issuer.sessions.find(first.sessionId);
      const second = await begin(issuer, { sessionId: first.sessionId, ...proof });
      expect(second.sessionId).not.toBe(first.sessionId);
      expect(second.refreshToken).not.toBe("");
      expect(await issuer.sessions.find(first.sessionId)).toEqual(before);
    });
  }

  it("does not go on with a proof that has been withdrawn", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { sessionId } = await begin(issuer);
    const { subject } = issuer.account;
    const withdrawn = { reason: "CREDENTIALS_INVALID" };
    await replacePasswordHash(store.db, { subject, to: "another" });
    const before = await issuer.sessions.find(sessionId);
    await expect(begin(issuer, { sessionId })).rejects.toMatchObject(withdrawn);
    expect(await issuer.sessions.find(sessionId)).toEqual(before);
    await updateAccount(store, subject, { disabledAtMs: 1 });
    await expect(begin(issuer, { sessionId })).rejects.toBeDefined();
  });
});
