import { sql } from "kysely";
import type { Migration } from "./migration.ts";

/**
 * Which session of another issuer a session was begun from, so that it ends with that one.
 *
 * Servers of version 5 go on working with these tables. They leave the column empty: such a session ends with any session of its
 * subject there.
 */
export const externalSessions: Migration = {
  version: 10,
  minVersion: 5,
  async up(db, dialect) {
    await (dialect === "postgres"
      ? sql`alter table sessions add column if not exists external_session text`.execute(db)
      : db.schema.alterTable("sessions").addColumn("external_session", "text").execute());
    // No refresh changes its column, or what its condition names: Postgres then writes no index anew (HOT).
    await db.schema
      .createIndex("sessions_of_external_session")
      .ifNotExists()
      .on("sessions")
      .column("external_session")
      .where(sql.ref("external_session"), "is not", null)
      .where(sql.ref("revoked_at"), "is", null)
      .execute();
  },
};
