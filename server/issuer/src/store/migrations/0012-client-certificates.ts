import type { Migration } from "./migration.ts";

/**
 * The certificates that clients prove themselves with.
 *
 * Servers of version 5 go on working with these tables. Such a client has neither a secret nor keys, so they let it in by
 * nothing.
 */
export const clientCertificates: Migration = {
  version: 12,
  minVersion: 5,
  async up(db) {
    await db.schema.alterTable("clients").addColumn("certificate", "text").execute();
  },
};
