import { type Kysely, sql } from "kysely";
import type { AnyTables, Migration, StoreDialect } from "./migration.ts";

/** Accounts, sessions, signing keys and the notes of the demo. */
export const firstLight: Migration = {
  version: 1,
  async up(db, dialect) {
    await createAccounts(db);
    await createSessions(db);
    await createSigningKeys(db);
    await createNotes(db, dialect);
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

async function createNotes(db: Kysely<AnyTables>, dialect: StoreDialect): Promise<void> {
  await db.schema
    .createTable("notes")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("notes_of_owner").on("notes").columns(["owner", "created_at", "id"]).execute();
  await db.schema
    .createTable("note_events")
    .addColumn("sequence", dialect === "sqlite" ? "integer" : "bigint", (column) =>
      // AUTOINCREMENT: SQLite would otherwise give the number of a deleted last row out again.
      dialect === "sqlite"
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("note_id", "text", (column) => column.notNull())
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("note_created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("note_events_of_owner")
    .on("note_events")
    .columns(["owner", "sequence"])
    .execute();
}
