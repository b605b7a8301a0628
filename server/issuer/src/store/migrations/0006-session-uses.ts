import type { Migration } from "./migration.ts";

/**
 * Where sessions are used from: the device and the address.
 *
 * Servers of version 5 go on working with these tables. They write neither column: nothing is known of their sessions.
 */
export const sessionUses: Migration = {
  version: 6,
  minVersion: 5,
  async up(db) {
    // One at a time: SQLite adds no two in one statement.
    for (const name of ["device", "address"]) {
      await db.schema.alterTable("sessions").addColumn(name, "text").execute();
    }
  },
};
