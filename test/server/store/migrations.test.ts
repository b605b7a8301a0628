import { Kysely, sql } from "kysely";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase, type StoreLocation } from "../../../server/src/store/database.ts";
import { firstLight } from "../../../server/src/store/migrations/0001-first-light.ts";
import type { AnyTables, StoreDialect } from "../../../server/src/store/migrations/migration.ts";
import { openPostgres } from "../../../server/src/store/postgres.ts";
import { findSession } from "../../../server/src/store/sessions.ts";
import { openSqlite } from "../../../server/src/store/sqlite.ts";
import { eventually } from "../../support/eventually.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

const SESSION = {
  ...{ session_id: "live", subject: "usr_1", client_id: "app", scopes: "[]", auth_time: 1 },
  ...{ refresh_hash: "hash", generation: 0, refresh_id: "", successor_sealed: null, superseded_at: null },
  ...{ created_at: 1, refreshed_at: 1, idle_expires_at: 2, absolute_expires_at: 2 },
  ...{ revoked_at: null, revoke_reason: null },
};

/** Who has waited for the lock of migrations for longer than a statement may take. */
const LONG_WAITERS = `select 1 from pg_stat_activity where wait_event = 'advisory'
  and clock_timestamp() - query_start > interval '300 ms'`;

/** Make a database as the first version of the program did, with a session that goes on and one that was ended. */
async function makeFirstVersion(location: StoreLocation): Promise<void> {
  const dialect: StoreDialect = "url" in location ? "postgres" : "sqlite";
  const open = "url" in location ? openPostgres(location.url) : openSqlite(location.dataDir);
  const db = new Kysely<AnyTables>({ dialect: open });
  await firstLight.up(db, dialect);
  await db.schema
    .createTable("schema_versions")
    .addColumn("version", "integer", (column) => column.primaryKey())
    .execute();
  await db.insertInto("schema_versions").values({ version: 1 }).execute();
  const ended = { ...SESSION, session_id: "ended", revoked_at: 7, revoke_reason: "signed_out" };
  await db.insertInto("sessions").values([SESSION, ended]).execute();
  await db.destroy();
}

describe("a database of the first version", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it("waits for the server that migrates it for as long as that takes, although statements may not take long", async () => {
    const location = { url: await postgres.createDatabase(), statementTimeoutMs: 100 };
    await makeFirstVersion(location);
    const first = new Client({ connectionString: location.url });
    await first.connect();
    const name = first.escapeIdentifier(new URL(location.url).pathname.slice(1));
    await first.query(`alter database ${name} set statement_timeout = 100`);
    await first.query("select pg_advisory_lock(5211501)");
    const opening = openDatabase(location);
    await eventually(async () => {
      const { rows } = await first.query(LONG_WAITERS);
      return rows.length > 0 ? true : undefined;
    });
    await first.end();
    await using store = await opening;
    expect(await findSession(store, "live")).toMatchObject({ subject: "usr_1" });
    await expect(sql`select pg_sleep(20)`.execute(store.db)).rejects.toMatchObject({
      reason: "AUTH_UNAVAILABLE",
    });
  });

  for (const dialect of ["sqlite", "postgres"] as const) {
    it(`is brought up to date with all that is in it (${dialect})`, async () => {
      await using folder = await createTemporaryFolder();
      const location =
        dialect === "sqlite" ? { dataDir: folder.path } : { url: await postgres.createDatabase() };
      await makeFirstVersion(location);
      for (let time = 0; time < 2; time += 1) {
        await using store = await openDatabase(location);
        const sessions = await store.db
          .selectFrom("sessions")
          .select("session_id")
          .orderBy("session_id")
          .execute();
        expect(sessions.map((row) => row.session_id)).toEqual(["ended", "live"]);
        expect(await findSession(store, "live")).toMatchObject({
          ...{ subject: "usr_1", authTimeMs: 1, roles: undefined, external: undefined, amr: undefined },
        });
        // Its access tokens are refused on, although they were revoked before there was a table for that.
        expect(await store.db.selectFrom("revocations").selectAll().execute()).toEqual([
          {
            id: 1,
            dimension: "sid",
            value: "ended",
            issued_before: null,
            revoked_at: 7,
            reason: "signed_out",
          },
        ]);
      }
    });
  }
});
