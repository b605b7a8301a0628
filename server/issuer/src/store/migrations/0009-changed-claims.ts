import type { Migration } from "./migration.ts";

/**
 * What tokens say otherwise since roles, scopes or claims were changed.
 *
 * Servers of version 5 go on working with these tables. They take such a row for a revocation of the tokens from before:
 * clients get new ones, which say what is new.
 */
export const changedClaims: Migration = {
  version: 9,
  minVersion: 5,
  async up(db) {
    await db.schema.alterTable("revocations").addColumn("changed_claims", "text").execute();
  },
};
