import { type Kysely, sql } from "kysely";
import type { StoreDialect } from "./migrations/migration.ts";

/**
 * The advisory locks of an issuer on Postgres, whose numbers nothing else in the database may use. Releases that run beside
 * each other exclude each other by them: a number never changes.
 */
export const ADVISORY_LOCKS = {
  /** Servers that start together migrate one after the other. */
  migrations: 5_211_501,
  /** Revocations are written in the order of their numbers. */
  revocations: 5_211_502,
} as const;

/** Wait until no other transaction has the lock, and keep others from it until this one is over. */
export async function lockUntilCommit<T>(
  db: Kysely<T>,
  dialect: StoreDialect,
  lock: keyof typeof ADVISORY_LOCKS,
): Promise<void> {
  // SQLite has one writer anyway.
  if (dialect === "postgres") {
    await sql`select pg_advisory_xact_lock(${sql.lit(ADVISORY_LOCKS[lock])})`.execute(db);
  }
}
