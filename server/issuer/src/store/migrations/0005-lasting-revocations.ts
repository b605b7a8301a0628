import { systemClock } from "@countersign/server/internal";
import { type Kysely, sql } from "kysely";
import type { AnyTables, Migration } from "./migration.ts";
import { MIN_VERSION_STEP } from "./schema-version.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const MARGIN_MS = 5 * 60 * 1_000;

/**
 * How long each revocation is remembered, and of which issuer it is; how long access tokens last; and what all servers
 * on the store have in common.
 *
 * Servers of version 4 go on working with these tables. They write neither new column: a row without `expires_at`
 * holds for a day, and one without `issuer` for every issuer.
 */
export const lastingRevocations: Migration = {
  version: MIN_VERSION_STEP,
  minVersion: 4,
  async up(db) {
    await db.schema.alterTable("schema_versions").addColumn("min_version", "integer").execute();
    await db.schema.alterTable("revocations").addColumn("expires_at", "bigint").execute();
    await db.schema.alterTable("revocations").addColumn("issuer", "text").execute();
    await sql`update revocations set expires_at = revoked_at + ${sql.lit(DAY_MS + MARGIN_MS)}`.execute(db);
    await db.schema.createIndex("revocations_expiry").on("revocations").column("expires_at").execute();
    await db.schema
      .createTable("access_lives")
      .addColumn("life_ms", "bigint", (column) => column.primaryKey())
      .addColumn("granted_until", "bigint", (column) => column.notNull())
      .execute();
    await assumeLongLives(db);
    await db.schema
      .createTable("store_settings")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("value", "text", (column) => column.notNull())
      .execute();
  },
};

/** Servers of the version before do not say how long their tokens last. They may run for another day. */
async function assumeLongLives(db: Kysely<AnyTables>): Promise<void> {
  const used = await db.selectFrom("signing_keys").select("kid").limit(1).execute();
  if (used.length > 0) {
    const row = { life_ms: DAY_MS, granted_until: systemClock.nowMs() + DAY_MS };
    await db.insertInto("access_lives").values(row).execute();
  }
}
