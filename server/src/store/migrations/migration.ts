import type { Kysely, Transaction } from "kysely";

/** The two kinds of database that a store can be in. */
export type StoreDialect = "sqlite" | "postgres";

/** Tables that are not in the schema of today's queries: what a migration works on. */
export type AnyTables = Record<string, Record<string, unknown>>;

/** One step forward. There is none back. */
export interface Migration {
  /** The version of the schema once the step is done: 1, 2, 3 … */
  readonly version: number;
  /** Change the tables, inside the transaction that records the version. */
  up(db: Kysely<AnyTables> | Transaction<AnyTables>, dialect: StoreDialect): Promise<void>;
}
