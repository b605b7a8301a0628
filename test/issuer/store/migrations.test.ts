import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase, type Store, type StoreLocation } from "../../../server/issuer/src/store/database.ts";
import { firstLight } from "../../../server/issuer/src/store/migrations/0001-first-light.ts";
import { SCHEMA_VERSION } from "../../../server/issuer/src/store/migrations/migrate.ts";
import type { AnyTables, StoreDialect } from "../../../server/issuer/src/store/migrations/migration.ts";
import { openPostgres } from "../../../server/issuer/src/store/postgres.ts";
import { listLiveRevocations } from "../../../server/issuer/src/store/revocations.ts";
import { findSession } from "../../../server/issuer/src/store/sessions.ts";
import { openSqlite } from "../../../server/issuer/src/store/sqlite.ts";
import { eventually } from "../../support/eventually.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { databaseIn, describeStores } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

const SESSION = {
  ...{ session_id: "live", subject: "usr_1", client_id: "app", scopes: "[]", auth_time: 1 },
  ...{ refresh_hash: "hash", generation: 0, refresh_id: "", successor_sealed: null, superseded_at: null },
  ...{ created_at: 1, refreshed_at: 1, idle_expires_at: 2, absolute_expires_at: 2 },
  ...{ revoked_at: null, revoke_reason: null },
};

/** Who has waited for the lock of migrations for longer than a statement may take. */
const LONG_WAITERS = `select 1 from pg_stat_activity where wait_event = 'advisory'
  and clock_timestamp() - query_start > interval '1500 ms'`;

/** Make a database as the first version of the program did, with a session that goes on and one that was ended. */
async function makeFirstVersion(location: StoreLocation): Promise<void> {
  const dialect: StoreDialect = "postgres" in location ? "postgres" : "sqlite";
  const open =
    "postgres" in location ? openPostgres(location.postgres).dialect : await openSqlite(location.sqlite);
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
    const location = { postgres: await postgres.createDatabase(), statementTimeoutMs: 1_000 };
    await makeFirstVersion(location);
    const first = new Client({ connectionString: location.postgres });
    await first.connect();
    const name = first.escapeIdentifier(new URL(location.postgres).pathname.slice(1));
    await first.query(`alter database ${name} set statement_timeout = 1000`);
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
        dialect === "sqlite"
          ? { sqlite: databaseIn(folder.path) }
          : { postgres: await postgres.createDatabase() };
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
          ...{ device: undefined, address: undefined },
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
            expires_at: 7 + 86_700_000,
            issuer: null,
            changed_claims: null,
          },
        ]);
      }
    });
  }
});

/** The columns of a session that a program of version 5 writes: all that it knows. */
const SESSION_OF_VERSION_5 = {
  ...SESSION,
  ...{ roles: null, external_issuer: null, external_subject: null, acr: null, amr: null, actor: null },
};

/** Do with the table of versions what a program of version 5 does when it starts. @returns whether it goes on */
async function startVersion5(store: Store): Promise<boolean> {
  const { rows } = await sql<{
    readonly version: number;
    readonly min_version: number | null;
  }>`select * from schema_versions`.execute(store.db);
  return Math.max(...rows.map((row) => Number(row.min_version ?? row.version))) <= 5;
}

describeStores("a database of this version", (open) => {
  it("is one that a program of the version before comes up on, and goes on writing to", async () => {
    await using store = await open();
    expect(await startVersion5(store)).toBe(true);
    // Its queries may find columns that they do not know, and leave them empty.
    const columns = Object.keys(SESSION_OF_VERSION_5);
    const values = sql.join(Object.values(SESSION_OF_VERSION_5).map((value) => sql.val(value)));
    await sql`insert into sessions (${sql.join(columns.map((name) => sql.ref(name)))}) values (${values})`.execute(
      store.db,
    );
    expect(await findSession(store, "live")).toMatchObject({ device: undefined, address: undefined });
  });

  it("still takes revocations as programs of version 4 wrote them", async () => {
    await using store = await open();
    const { rows } =
      await sql<object>`insert into revocations (dimension, value, issued_before, revoked_at, reason)
      values ('sid', 'a', null, 7, 'signed_out') returning *`.execute(store.db);
    expect(rows).toEqual([expect.objectContaining({ value: "a", expires_at: null, issuer: null })]);
    expect(await listLiveRevocations(store, { after: 0, nowMs: 86_700_006, limit: 2 })).toMatchObject([
      { value: "a", expiresAtMs: 86_700_007, issuer: undefined },
    ]);
    // The newest is listed in any case.
    await sql`insert into revocations (dimension, value, issued_before, revoked_at, reason)
      values ('sid', 'newest', null, 8, 'signed_out')`.execute(store.db);
    expect(await listLiveRevocations(store, { after: 0, nowMs: 86_700_007, limit: 2 })).toMatchObject([
      { value: "newest" },
    ]);
  });
});

describe("a database of a newer version", () => {
  type Row = { readonly version: number; readonly min_version: number };
  const make = async (dataDir: string, rows: readonly Row[]): Promise<void> => {
    await using store = await openDatabase({ sqlite: databaseIn(dataDir) });
    for (const row of rows) {
      await sql`insert into schema_versions (version, min_version)
        values (${row.version}, ${row.min_version})`.execute(store.db);
    }
  };

  it("is opened as it is when a program of this version can work with it", async () => {
    await using folder = await createTemporaryFolder();
    const newer = { version: SCHEMA_VERSION + 1, min_version: 5 };
    await make(folder.path, [newer]);
    for (const migrate of [true, false]) {
      await using store = await openDatabase({ sqlite: databaseIn(folder.path) }, { migrate });
      const made = sql<object>`select * from schema_versions where version > ${SCHEMA_VERSION}`;
      expect((await made.execute(store.db)).rows).toEqual([newer]);
    }
  });

  it("is refused when any of its steps needs more, and both versions are named", async () => {
    await using folder = await createTemporaryFolder();
    const [next, last] = [SCHEMA_VERSION + 1, SCHEMA_VERSION + 2];
    await make(folder.path, [
      { version: next, min_version: next },
      { version: last, min_version: 5 },
    ]);
    for (const migrate of [true, false]) {
      await expect(openDatabase({ sqlite: databaseIn(folder.path) }, { migrate })).rejects.toThrow(
        `the database has schema version ${last}, which needs programs that know ${next}, and this version of ` +
          `Countersign knows none beyond ${SCHEMA_VERSION}`,
      );
    }
  });
});

describe("a database that is opened without being migrated", () => {
  it("must be there: nothing is made", async () => {
    await using folder = await createTemporaryFolder();
    const dataDir = join(folder.path, "missing");
    await expect(openDatabase({ sqlite: databaseIn(dataDir) }, { migrate: false })).rejects.toThrow(
      `there is no database ${databaseIn(dataDir)}: start the issuer on it first`,
    );
    expect(existsSync(dataDir)).toBe(false);
  });

  for (const dialect of ["sqlite", "postgres"] as const) {
    it(`must have the tables of this version, and is left as it is (${dialect})`, async () => {
      await using postgres = dialect === "postgres" ? await startPostgres() : undefined;
      await using folder = await createTemporaryFolder();
      const location =
        postgres === undefined
          ? { sqlite: databaseIn(folder.path) }
          : { postgres: await postgres.createDatabase() };
      if ("sqlite" in location) {
        new DatabaseSync(location.sqlite).close();
      }
      const opening = () => openDatabase(location, { migrate: false });
      await expect(opening()).rejects.toThrow("the database has no tables of Countersign");
      await makeFirstVersion(location);
      await expect(opening()).rejects.toThrow(
        `the database has schema version 1, and this version of Countersign works with ${SCHEMA_VERSION}`,
      );
      await expect(opening()).rejects.toThrow("update the issuer first");
      await (await openDatabase(location)).close();
      await using store = await opening();
      expect(await findSession(store, "live")).toMatchObject({ subject: "usr_1" });
    });
  }
});
