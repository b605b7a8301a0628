import type { Kysely } from "kysely";
import type { AnyTables, Migration } from "./migration.ts";

/** Clients, the assertions that were seen of them, and the failed sign-ins that servers share. */
export const clients: Migration = {
  version: 2,
  async up(db) {
    await createClients(db);
    await db.schema
      .createTable("seen_assertions")
      .addColumn("assertion_key", "text", (column) => column.primaryKey())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex("seen_assertions_expiry")
      .on("seen_assertions")
      .column("expires_at")
      .execute();
    await db.schema
      .createTable("sign_in_failures")
      .addColumn("account_key", "text", (column) => column.primaryKey())
      .addColumn("failures", "integer", (column) => column.notNull())
      .addColumn("last_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("sign_in_failures_age").on("sign_in_failures").column("last_at").execute();
  },
};

async function createClients(db: Kysely<AnyTables>): Promise<void> {
  await db.schema
    .createTable("clients")
    .addColumn("client_id", "text", (column) => column.primaryKey())
    .addColumn("scopes", "text", (column) => column.notNull())
    .addColumn("roles", "text", (column) => column.notNull())
    .addColumn("grants", "text", (column) => column.notNull())
    .addColumn("may_introspect", "integer", (column) => column.notNull())
    .addColumn("secret_hash", "text")
    .addColumn("previous_secret_hash", "text")
    .addColumn("previous_secret_expires_at", "bigint")
    .addColumn("jwks", "text")
    .addColumn("disabled_at", "bigint")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
}
