import { type Kysely, sql } from "kysely";
import type { Store } from "./database.ts";
import type { Schema } from "./schema.ts";

/** Any number that nothing else in the database uses: it names the lock that writers of revocations hold on Postgres. */
const REVOCATION_LOCK = 5_211_502;

/** Wait until no other transaction writes revocations, and keep others from it until this one is over. */
export async function lockRevocations(db: Kysely<Schema>, dialect: Store["dialect"]): Promise<void> {
  // SQLite has one writer anyway.
  if (dialect === "postgres") {
    await sql`select pg_advisory_xact_lock(${sql.lit(REVOCATION_LOCK)})`.execute(db);
  }
}
