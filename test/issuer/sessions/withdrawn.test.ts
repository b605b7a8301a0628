import { sql } from "kysely";
import { expect, it } from "vitest";
import type { ProvenAccount } from "../../../server/issuer/src/sessions/begin-session.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import {
  deleteAccount,
  findAccountBySubject,
  replacePasswordHash,
  updateAccount,
} from "../../../server/issuer/src/store/accounts.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { eventually } from "../../support/eventually.ts";
import { describeStores } from "../../support/stores.ts";
import { startTestIssuer, type TestIssuer } from "../../support/test-issuer.ts";

const withdrawn = { reason: "CREDENTIALS_INVALID", message: "the credential has been withdrawn" };

/** Begin a session of the account as it was when its owner proved who they are. */
const begin = ({ sessions, account }: Pick<TestIssuer, "sessions"> & { readonly account: ProvenAccount }) =>
  sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });

describeStores("a session does not begin", (open) => {
  it("for an account that was disabled after its password was checked", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    await updateAccount(store, issuer.account.subject, { disabledAtMs: 1 });
    await expect(begin(issuer)).rejects.toMatchObject(withdrawn);
    expect(await store.db.selectFrom("sessions").selectAll().execute()).toEqual([]);
    expect(issuer.events.filter(({ type }) => type === "sign_in")).toEqual([]);
  });

  it("on a password that has been replaced since", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    await replacePasswordHash(store.db, { subject: issuer.account.subject, to: "another" });
    await expect(begin(issuer)).rejects.toMatchObject(withdrawn);
  });

  it("on another proof than a password for an account that is disabled or gone", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { subject } = issuer.account;
    const account = await findAccountBySubject(store, subject);
    if (account === undefined) {
      throw new Error("the account is missing");
    }
    const { sessionId } = await begin({ ...issuer, account });
    expect(await issuer.sessions.find(sessionId)).toMatchObject({ subject });
    // The password was no proof: whether it was replaced says nothing about the one that was.
    await replacePasswordHash(store.db, { subject, to: "another" });
    await begin({ ...issuer, account });
    await updateAccount(store, subject, { disabledAtMs: 1 });
    await expect(begin({ ...issuer, account })).rejects.toMatchObject(withdrawn);
    await deleteAccount(store, subject);
    await expect(begin({ ...issuer, account })).rejects.toMatchObject(withdrawn);
  });

  it("while the account is being disabled: it waits for what comes of that", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const changed = Promise.withResolvers<void>();
    const decided = Promise.withResolvers<void>();
    const disabling = store.db.transaction().execute(async (trx) => {
      await trx.updateTable("accounts").set({ disabled_at: 1 }).execute();
      changed.resolve();
      await decided.promise;
    });
    await changed.promise;
    let outcome: unknown;
    const session = begin(issuer).catch((error: unknown) => {
      outcome = error;
    });
    if (store.dialect === "postgres") {
      await eventually(() => isWaitingForLock(store));
    }
    decided.resolve();
    await disabling;
    await session;
    expect(outcome).toMatchObject(withdrawn);
  });
});

/** SQLite has one writer at a time anyway. */
async function isWaitingForLock(store: Store): Promise<true | undefined> {
  const { rows } = await sql`select 1 from pg_stat_activity
    where wait_event_type = 'Lock' and query like 'insert into "sessions"%'`.execute(store.db);
  return rows.length > 0 ? true : undefined;
}
