import { type Kysely, sql } from "kysely";
import type { AnyTables, Migration } from "./migration.ts";

/**
 * Accounts, sessions and signing keys.
 *
 * Up to release 0.1 this step also made the tables `notes` and `note_events` of the demo, and databases from then have
 * them still. Nothing here reads or changes them: they are the demo's, which now makes them itself.
 */
export const firstLight: Migration = {
  version: 1,
  async up(db) {
    await createAccounts(db);
    await createSessions(db);
    await createSigningKeys(db);
  },
};

async function createAccounts(db: Kysely<AnyTables>): Promise<void> {
  await db.schema
    .createTable("accounts")
    .addColumn("subject", "text", (column) => column.primaryKey())
    .addColumn("username", "text", (column) => column.notNull().unique())
    .addColumn("password_hash", "text", (column) => column.notNull())
    .addColumn("scopes", "text", (column) => column.notNull())
    .addColumn("roles", "text", (column) => column.notNull())
    .addColumn("disabled_at", "bigint")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
}

async function createSessions(db: Kysely<AnyTables>): Promise<void> {
  await db.schema
    .createTable("sessions")
    .addColumn("session_id", "text", (column) => column.primaryKey())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("client_id", "text", (column) => column.notNull())
    .addColumn("scopes", "text", (column) => column.notNull())
    .addColumn("auth_time", "bigint", (column) => column.notNull())
    .addColumn("refresh_hash", "text", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("refresh_id", "text", (column) => column.notNull())
    .addColumn("successor_sealed", "text")
    .addColumn("superseded_at", "bigint")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("refreshed_at", "bigint", (column) => column.notNull())
    .addColumn("idle_expires_at", "bigint", (column) => column.notNull())
    .addColumn("absolute_expires_at", "bigint", (column) => column.notNull())
    .addColumn("revoked_at", "bigint")
    .addColumn("revoke_reason", "text")
    .execute();
  await db.schema
    .createIndex("sessions_of_subject")
    .on("sessions")
    .columns(["subject", "created_at", "session_id"])
    .execute();
  await db.schema
    .createIndex("sessions_revoked")
    .on("sessions")
    .column("revoked_at")
    .where(sql.ref("revoked_at"), "is not", null)
    .execute();
}

async function createSigningKeys(db: Kysely<AnyTables>): Promise<void> {
  await db.schema
    .createTable("signing_keys")
    .addColumn("kid", "text", (column) => column.primaryKey())
    .addColumn("algorithm", "text", (column) => column.notNull())
    .addColumn("public_jwk", "text", (column) => column.notNull())
    .addColumn("private_sealed", "text")
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("active_at", "bigint")
    .addColumn("retired_at", "bigint")
    .execute();
  // At most one key is active and at most one is next, whatever two servers do at the same time.
  await db.schema
    .createIndex("signing_keys_single")
    .unique()
    .on("signing_keys")
    .column("state")
    .where(sql.ref("state"), "in", [sql.lit("active"), sql.lit("next")])
    .execute();
}
