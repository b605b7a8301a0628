import { sql } from "kysely";
import { expect, it } from "vitest";
import { createAccounts } from "../../../server/issuer/src/credentials/accounts.ts";
import { createPasswordChange } from "../../../server/issuer/src/credentials/password-change.ts";
import { acceptAnyPassword } from "../../../server/issuer/src/credentials/password-rule.ts";
import { createHashReplacer } from "../../../server/issuer/src/sessions/replace-password.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { createPasswordServer } from "../../support/password-sign-ins.ts";
import { testPasswords as passwords } from "../../support/sign-ins.ts";
import { describeStores } from "../../support/stores.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";
import { fillUp } from "../store/unwritable.ts";

const OLD = "correct horse";
const NEW = "battery staple";

/** An account with two sessions, and what replaces its password. */
async function start(store: Store) {
  const issuer = await startTestIssuer(store);
  const { clock, sessions, revoked, events } = issuer;
  const audit = { record: (event: object) => void (events as object[]).push(event) };
  const revocations = { learn: (records: readonly object[]) => void (revoked as object[]).push(...records) };
  const replaceHash = createHashReplacer({ store, clock, audit, revocations });
  const accounts = createAccounts({ store, clock, audit, passwords, sessions, replaceHash });
  const account = await accounts.create({ username: "owner", password: OLD, scopes: [], roles: [] });
  const { passwordSignIn, signIn } = createPasswordServer({ store, clock });
  const begin = (owner = account) =>
    sessions.begin({ account: owner, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
  const [mine, thief] = [await begin(), await begin()];
  const change = createPasswordChange({
    ...{ store, passwords, audit, replaceHash, passwordSignIn },
    acceptPassword: acceptAnyPassword,
  });
  const { subject } = account;
  return {
    accounts,
    sessions,
    revoked,
    events,
    account,
    begin,
    mine,
    thief,
    signIn: (password: string) => signIn({ username: "owner", password }),
    change: (keepOtherSessions = false) =>
      change({
        subject,
        sessionId: mine.sessionId,
        peer: "",
        currentPassword: OLD,
        newPassword: NEW,
        keepOtherSessions,
      }),
    isLive: async (sessionId: string) => (await sessions.find(sessionId))?.revokedAtMs === undefined,
    [Symbol.dispose]: () => issuer[Symbol.dispose](),
  };
}

/** Have no session end in the store, while its accounts can be changed. @returns what ends that */
async function keepSessions(store: Store): Promise<() => Promise<void>> {
  if (store.dialect === "postgres") {
    return fillUp(store);
  }
  await sql`create trigger no_end before update of revoked_at on sessions begin select raise(abort, 'no room'); end`.execute(
    store.db,
  );
  return async () => void (await sql`drop trigger no_end`.execute(store.db));
}

describeStores("a new password and the end of sessions", (open) => {
  it("are one change: when the sessions cannot end, the password stays, and the same call works later", async () => {
    await using store = await open();
    using issuer = await start(store);
    const { mine, thief, events, isLive } = issuer;
    const free = await keepSessions(store);
    await expect(issuer.change()).rejects.toThrow();
    await expect(issuer.accounts.setPassword("owner", NEW)).rejects.toThrow();
    expect(await issuer.signIn(OLD)).toMatchObject({ username: "owner" });
    expect([await isLive(mine.sessionId), await isLive(thief.sessionId), issuer.revoked]).toEqual([
      true,
      true,
      [],
    ]);
    expect(events).not.toContainEqual(expect.objectContaining({ type: "password_changed" }));
    await free();

    expect(await issuer.change()).toEqual([thief.sessionId]);
    expect([await isLive(mine.sessionId), await isLive(thief.sessionId)]).toEqual([true, false]);
    expect(issuer.revoked).toMatchObject([{ value: thief.sessionId, reason: "password_changed" }]);
    expect(await issuer.signIn(NEW)).toMatchObject({ username: "owner" });
    // The answer was lost, and the client asks again: the sessions have ended already.
    await expect(issuer.change()).rejects.toMatchObject({ reason: "CREDENTIALS_INVALID" });
  });

  it("are for all sessions when an operator sets it, also of an account that is disabled", async () => {
    await using store = await open();
    using issuer = await start(store);
    const { accounts, mine, thief, isLive } = issuer;
    await accounts.setPassword("owner", NEW);
    expect([await isLive(mine.sessionId), await isLive(thief.sessionId)]).toEqual([false, false]);
    await accounts.disable("owner");
    await accounts.setPassword("owner", OLD);
    await accounts.enable("owner");
    expect(await issuer.signIn(OLD)).toMatchObject({ username: "owner" });
  });

  it("leave no session of a sign-in with the password of before, however the two meet", async () => {
    await using store = await open();
    using issuer = await start(store);
    const { account, begin } = issuer;
    const proven = await issuer.signIn(OLD);
    const begun = Array.from({ length: 20 }, () => begin(proven));
    const [ended, ...late] = await Promise.all([
      issuer.change(),
      ...begun.map((session) => session.catch((error: unknown) => error)),
    ]);
    expect(ended?.length).toBeGreaterThan(0);
    expect(late.length).toBe(20);
    const left = await issuer.sessions.list({ subject: account.subject, limit: 50 });
    expect(left.map(({ sessionId }) => sessionId)).toEqual([issuer.mine.sessionId]);
  });

  it("do not go together when the owner keeps the other sessions", async () => {
    await using store = await open();
    using issuer = await start(store);
    expect(await issuer.change(true)).toEqual([]);
    expect([await issuer.isLive(issuer.thief.sessionId), issuer.revoked]).toEqual([true, []]);
    expect(await issuer.signIn(NEW)).toMatchObject({ username: "owner" });
  });
});
