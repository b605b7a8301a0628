import type { Kysely, Transaction } from "kysely";

/** The two kinds of database that a store can be in. */
export type StoreDialect = "sqlite" | "postgres";

/** Tables that are not in the schema of today's queries: what a migration works on. */
export type AnyTables = Record<string, Record<string, unknown>>;

/** One step forward. There is none back. */
export interface Migration {
  /** The version of the schema once the step is done: 1, 2, 3 … */
  readonly version: number;
  /**
   * The lowest version of a program that can work with the tables once the step is done. Absent: the step's own.
   *
   * In a rolling update, servers of the release before run on the tables of the next one. So a step first adds what
   * the old program does not look at (expand), with this version; only a later release takes away what the old one
   * needed (contract).
   */
  readonly minVersion?: number;
  /** Change the tables, inside the transaction that records the version. */
  up(db: Kysely<AnyTables> | Transaction<AnyTables>, dialect: StoreDialect): Promise<void>;
}
