import { type Kysely, sql, type Transaction } from "kysely";
import { firstLight } from "./0001-first-light.ts";
import { clients } from "./0002-clients.ts";
import { cluster } from "./0003-cluster.ts";
import { origins } from "./0004-origins.ts";
import type { AnyTables, Migration, StoreDialect } from "./migration.ts";

const MIGRATIONS: readonly Migration[] = [firstLight, clients, cluster, origins];

/** Any number that nothing else in the database uses: it names the lock that migrations hold on Postgres. */
const MIGRATION_LOCK = 5_211_501;

/**
 * Bring the tables to the version that this program knows.
 *
 * All steps run in one transaction under a lock, so that servers that start together do not get in each
 * other's way, and one that dies half-way leaves nothing behind.
 *
 * @throws Error when the database was made by a newer version of the program
 */
export async function migrate<T>(db: Kysely<T>, dialect: StoreDialect): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // Migrations name tables as they were at their time, so they cannot use the types of today's.
    const tables = trx as unknown as Transaction<AnyTables>;
    if (dialect === "postgres") {
      // Whatever the database has set for its users: a step that is cut can never be done.
      await sql`set local statement_timeout = 0`.execute(tables);
      await sql`set local lock_timeout = 0`.execute(tables);
      await sql`set local idle_in_transaction_session_timeout = 0`.execute(tables);
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tables);
    }
    const version = await currentVersion(tables);
    assertKnown(version);
    for (const step of MIGRATIONS.slice(version)) {
      await step.up(tables, dialect);
      await tables.insertInto("schema_versions").values({ version: step.version }).execute();
    }
  });
}

async function currentVersion(db: Transaction<AnyTables>): Promise<number> {
  await db.schema
    .createTable("schema_versions")
    .ifNotExists()
    .addColumn("version", "integer", (column) => column.primaryKey())
    .execute();
  const row = await db
    .selectFrom("schema_versions")
    .select((select) => select.fn.max("version").as("version"))
    .executeTakeFirst();
  return Number(row?.version ?? 0);
}

function assertKnown(version: number): void {
  if (version > MIGRATIONS.length) {
    throw new Error(
      `the database has schema version ${version}, and this version of Countersign knows none beyond ` +
        `${MIGRATIONS.length}: use the version that made it, or a newer one`,
    );
  }
}
