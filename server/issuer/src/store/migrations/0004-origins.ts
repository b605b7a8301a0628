import type { Migration } from "./migration.ts";

/** Where sessions come from and how their subjects proved who they are; and where tries to sign in come from. */
export const origins: Migration = {
  version: 4,
  async up(db) {
    const columns = ["roles", "external_issuer", "external_subject", "acr", "amr", "actor"];
    // One at a time: SQLite adds no two in one statement.
    for (const name of columns) {
      await db.schema.alterTable("sessions").addColumn(name, "text").execute();
    }
    await db.schema
      .createTable("address_tries")
      .addColumn("address_key", "text", (column) => column.primaryKey())
      .addColumn("full_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("address_tries_age").on("address_tries").column("full_at").execute();
  },
};
