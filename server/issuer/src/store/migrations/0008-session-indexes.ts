import { type Kysely, sql } from "kysely";
import type { AnyTables, Migration } from "./migration.ts";

/**
 * The indexes by which sessions are pruned, and by which those of a client or of another issuer are found; and room in the
 * tables of Postgres for rows that change.
 *
 * Servers of version 5 go on working with these tables. They leave `prune_at` at 0: the pruner looks at such a session next,
 * and puts down when to look again.
 *
 * On Postgres, a large table can have all of this before the update, as docs/operating.md says: no call then waits for it.
 */
export const sessionIndexes: Migration = {
  version: 8,
  minVersion: 5,
  async up(db, dialect) {
    await (dialect === "postgres"
      ? sql`alter table sessions add column if not exists prune_at bigint not null default 0`.execute(db)
      : db.schema
          .alterTable("sessions")
          .addColumn("prune_at", "bigint", (column) => column.notNull().defaultTo(0))
          .execute());
    // No refresh changes a column of an index, or of its condition: Postgres then writes no index anew (HOT).
    const create = (name: string, column: string) =>
      db.schema.createIndex(name).ifNotExists().on("sessions").column(column);
    await create("sessions_prune_at", "prune_at").execute();
    await create("sessions_of_client", "client_id").where(sql.ref("revoked_at"), "is", null).execute();
    await create("sessions_of_external_issuer", "external_issuer")
      .where(sql.ref("external_issuer"), "is not", null)
      .where(sql.ref("revoked_at"), "is", null)
      .execute();
    // No query has used it since revocations have an expiry of their own.
    await db.schema.dropIndex("revocations_age").execute();
    if (dialect === "postgres") {
      await makeRoom(db);
    }
  },
};

/** Leave room for the next version of a row on its page, and clean up early: Postgres waits until a fifth of a table is dead. */
async function makeRoom(db: Kysely<AnyTables>): Promise<void> {
  const early = sql`autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02`;
  await sql`alter table sessions set (fillfactor = 80, ${early})`.execute(db);
  for (const table of ["revocations", "seen_assertions", "sign_in_failures", "address_tries"]) {
    await sql`alter table ${sql.table(table)} set (${early})`.execute(db);
  }
}
