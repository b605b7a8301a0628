import { sql } from "kysely";
import type { Migration } from "./migration.ts";

/** What is revoked, by whatever it goes by, and what only one server does at a time. */
export const cluster: Migration = {
  version: 3,
  async up(db, dialect) {
    await db.schema
      .createTable("revocations")
      .addColumn("id", dialect === "sqlite" ? "integer" : "bigint", (column) =>
        // AUTOINCREMENT: SQLite would otherwise give the number of a deleted last row out again.
        dialect === "sqlite"
          ? column.primaryKey().autoIncrement()
          : column.primaryKey().generatedAlwaysAsIdentity(),
      )
      .addColumn("dimension", "text", (column) => column.notNull())
      .addColumn("value", "text", (column) => column.notNull())
      .addColumn("issued_before", "bigint")
      .addColumn("revoked_at", "bigint", (column) => column.notNull())
      .addColumn("reason", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("revocations_age").on("revocations").column("revoked_at").execute();
    // Access tokens of sessions that have just been revoked must not come to life again.
    await sql`insert into revocations (dimension, value, revoked_at, reason)
      select 'sid', session_id, revoked_at, coalesce(revoke_reason, 'revoked') from sessions
      where revoked_at is not null order by revoked_at`.execute(db);
    // Revoked sessions were looked for by time before there was a table of revocations.
    await db.schema.dropIndex("sessions_revoked").execute();
    await db.schema
      .createTable("leases")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("holder", "text", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .execute();
  },
};
