import type { Migration } from "./migration.ts";

/**
 * The keys that sessions are bound to (RFC 9449 §5), and since which generation of the refresh token.
 *
 * Servers of version 5 go on working with these tables. The hash of a bound refresh token is made with its key, so they find
 * a token that they do not know: they refresh no bound session, and give out no token for one that is bound to nothing.
 */
export const boundSessions: Migration = {
  version: 11,
  minVersion: 5,
  async up(db) {
    await db.schema.alterTable("sessions").addColumn("jwk_thumbprint", "text").execute();
    await db.schema.alterTable("sessions").addColumn("bound_generation", "integer").execute();
  },
};
