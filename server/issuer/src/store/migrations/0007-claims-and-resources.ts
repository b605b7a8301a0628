import type { Migration } from "./migration.ts";

/**
 * What tokens say beside what the issuer puts in, whom sessions are for, and the subjects of other issuers that clients
 * are.
 *
 * Servers of version 5 go on working with these tables. Their tokens have none of the claims, and are for the audience of
 * the server; a client that another issuer vouches for has neither a secret nor keys, so they let it in by nothing.
 */
export const claimsAndResources: Migration = {
  version: 7,
  minVersion: 5,
  async up(db) {
    await db.schema.alterTable("accounts").addColumn("claims", "text").execute();
    await db.schema.alterTable("clients").addColumn("claims", "text").execute();
    await db.schema.alterTable("clients").addColumn("trust", "text").execute();
    await db.schema.alterTable("sessions").addColumn("resources", "text").execute();
    await db.schema
      .createTable("client_subjects")
      .addColumn("subject_key", "text", (column) => column.primaryKey())
      .addColumn("client_id", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("client_subjects_client").on("client_subjects").column("client_id").execute();
  },
};
