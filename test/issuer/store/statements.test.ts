import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BusTest, StoreQuery } from "../../../server/gate/src/kernel/observe.ts";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { openDatabase, type Store } from "../../../server/issuer/src/store/database.ts";
import { PRUNED } from "../../../server/issuer/src/store/prune.ts";
import { SESSION_GRACE_MS } from "../../../server/issuer/src/store/session-record.ts";
import { createStatementNames } from "../../../server/issuer/src/store/statement-names.ts";
import { eventually } from "../../support/eventually.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";
import { inFolder } from "../create-issuer/own-issuer.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());

/** An issuer with a session, whose refresh token is handed on from one refresh to the next. */
async function openSession(adapt = (store: Store): Store => store) {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await openDatabase({ postgres: await postgres.createDatabase() }));
  const { sessions, account } = stack.use(await startTestIssuer(adapt(store)));
  let { refreshToken } = await sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
  const refresh = async (): Promise<void> => {
    ({ refreshToken } = await sessions.refresh({ refreshToken, refreshId: "once" }));
  };
  const kept = stack.move();
  return { store, refresh, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test("a refresh is planned once for each connection", async () => {
  await using session = await openSession();
  await session.refresh();
  await session.refresh();
  // A pool hands out the connection first that came back last.
  const { rows } = await sql<{ runs: number }>`select (generic_plans + custom_plans)::int as runs
    from pg_prepared_statements where statement like 'update "sessions" set "generation"%'`.execute(
    session.store.db,
  );
  expect(rows).toEqual([{ runs: 2 }]);
});

test("a list is one statement, whatever its length", async () => {
  await using session = await openSession();
  const { db } = session.store;
  const [pruneSessions] = PRUNED;
  let removed = 0;
  for (const length of notEmpty([1, 2, 3])) {
    await sql`insert into sessions select (jsonb_populate_record(null::sessions, to_jsonb(s) ||
      jsonb_build_object('session_id', s.session_id || n, 'prune_at', 0, 'idle_expires_at', 0))).*
      from sessions s, generate_series(1, ${sql.lit(length)}) n where prune_at > 0`.execute(db);
    removed += (await pruneSessions?.(session.store, SESSION_GRACE_MS + 1))?.removed ?? 0;
  }
  expect(removed).toBe(6);
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from pg_prepared_statements
    where statement like 'delete from "sessions"%'`.execute(db);
  expect(rows).toEqual([{ count: 1 }]);
});

test("a refresh writes no index anew", async () => {
  const count = sql<{ hot: number; all: number }>`select
    pg_stat_get_xact_tuples_hot_updated('sessions'::regclass)::int as hot,
    pg_stat_get_xact_tuples_updated('sessions'::regclass)::int as all`;
  const counted: object[] = [];
  const counting = (store: Store): Store => ({
    ...store,
    write: (statement) =>
      store.db.transaction().execute(async (trx) => {
        const result = await statement(trx);
        counted.push(...(await count.execute(trx)).rows);
        return result;
      }),
  });
  await using session = await openSession(counting);
  counted.length = 0;
  await session.refresh();
  expect(counted).toEqual([{ hot: 1, all: 1 }]);
});

test("statements that were prepared before a newer release has changed the tables go on", async () => {
  await using session = await openSession();
  const { store, refresh } = session;
  const read = () => store.db.selectFrom("sessions").selectAll().where("generation", ">=", 0).execute();
  const readInside = () =>
    store.db
      .transaction()
      .execute((trx) => trx.selectFrom("sessions").selectAll().where("generation", ">", -1).execute());
  expect([await read(), await readInside()]).toEqual([[expect.anything()], [expect.anything()]]);
  await sql`alter table sessions add column newer text`.execute(store.db);
  expect(await read()).toEqual([expect.objectContaining({ newer: null })]);
  await refresh();
  // A transaction cannot go on, but it can be had again.
  const attempts = async (): Promise<readonly object[] | undefined> => readInside().catch(() => undefined);
  expect((await attempts()) ?? (await attempts())).toEqual([expect.objectContaining({ newer: null })]);
});

test("where a pooler has mixed up connections, statements go on without names", async () => {
  await using session = await openSession();
  await session.refresh();
  const deallocate = sql`deallocate all`;
  await deallocate.execute(session.store.db);
  await session.refresh();
  await session.refresh();
  const { rows } = await sql`select from pg_prepared_statements where name <> ''`.execute(session.store.db);
  expect(rows).toEqual([]);
});

test("names are those of their texts, and as many as a server can keep", () => {
  const [names, others] = [createStatementNames(), createStatementNames()];
  expect(names.nameOf("select 1", [])).toBe(others.nameOf("select 1", []));
  expect(names.nameOf("select 1", [])).not.toBe(names.nameOf("select 2", []));
  expect(names.nameOf("select 3", Array(41).fill(0))).toBeUndefined();
  const given = Array.from({ length: 200 }, (_, index) => names.nameOf(`select ${index}`, []));
  expect(given.filter((name) => name !== undefined)).toHaveLength(128);
  expect(given[1]).toBe(others.nameOf("select 1", []));
});

test("an issuer on tables that are up to date needs no right to change them", async () => {
  const url = await postgres.createDatabase();
  await (await openDatabase({ postgres: url })).close();
  const owner = new Client({ connectionString: url });
  await owner.connect();
  await owner.query("create role app login");
  await owner.query("grant select, insert, update, delete on all tables in schema public to app");
  await owner.end();
  const store = { postgres: url.replace("//countersign@", "//app@") };
  await using issuer = await createIssuer(inFolder("unused", { store, secret: new Uint8Array(32) }));
  await issuer.assertUsable();
});

test("a large table can have its indexes before the update, as the guide says", async () => {
  const url = await postgres.createDatabase();
  const client = new Client({ connectionString: url });
  await (await openDatabase({ postgres: url })).close();
  await client.connect();
  // What the steps from this one on change.
  await client.query("alter table revocations drop column changed_claims");
  await client.query("alter table sessions drop column prune_at, drop column external_session");
  await client.query("alter table sessions drop column jwk_thumbprint, drop column bound_generation");
  await client.query("alter table clients drop column certificate");
  await client.query("drop index sessions_of_client, sessions_of_external_issuer");
  await client.query("create index revocations_age on revocations (revoked_at)");
  await client.query("delete from schema_versions where version >= 8");
  const guide = readFileSync(new URL("../../../docs/operating.md", import.meta.url), "utf8");
  const blocks = [...guide.matchAll(/<<'SQL'\n(ALTER TABLE sessions.*?)SQL\n/gs)];
  const statements = blocks.flatMap(([, text = ""]) => text.split(";").filter((one) => one.trim() !== ""));
  expect(blocks).toHaveLength(2);
  for (const statement of notEmpty(statements)) {
    await client.query(statement);
  }
  await (await openDatabase({ postgres: url })).close();
  const { rows } = await client.query<{ name: string }>(
    "select indexname as name from pg_indexes where tablename in ('sessions', 'revocations') order by indexname",
  );
  expect(rows.map(({ name }) => name)).toEqual([
    "revocations_expiry",
    "revocations_pkey",
    "sessions_of_client",
    "sessions_of_external_issuer",
    "sessions_of_external_session",
    "sessions_of_subject",
    "sessions_pkey",
    "sessions_prune_at",
  ]);
  await client.end();
});

test("an idle issuer asks the database no more than once a second", async () => {
  const clock = createTestClock();
  const asked: StoreQuery[] = [];
  const tests: BusTest[] = [];
  await using issuer = await createIssuer(
    inFolder("unused", {
      store: { postgres: await postgres.createDatabase() },
      secret: new Uint8Array(32),
      clock,
      observe: {
        storeQueried: (query) => void asked.push(query),
        busTested: (result) => void tests.push(result),
      },
    }),
  );
  await eventually(() => tests.find(({ result }) => result === "delivered"));
  asked.length = 0;
  const readsOf = (name: string): number => asked.filter(({ table }) => table === name).length;
  // The clock must not run ahead of the answers.
  const isAnswered = (second: number): boolean =>
    readsOf("revocations") >= Math.floor(second / 2) && readsOf("signing_keys") >= Math.floor(second / 5);
  // The pruner begins after a minute.
  const seconds = 50;
  for (let second = 1; second <= seconds; second += 1) {
    clock.advance(1_000);
    await eventually(() => isAnswered(second) || undefined, { intervalMs: 1 });
    await issuer.assertUsable();
  }
  // The connection for messages, which goes by the system's clock, has 6 in a minute.
  expect(asked.length + 6).toBeLessThanOrEqual(seconds);
});
