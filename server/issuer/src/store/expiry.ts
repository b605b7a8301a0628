import { type RawBuilder, sql } from "kysely";
import type { Store } from "./database.ts";
import { UNKNOWN_LIFE_MS } from "./revocations.ts";
import type { Schema } from "./schema.ts";

/** When the rows of a table have had their time, and how many of them one statement deletes. */
export interface Expiry {
  readonly table: keyof Schema;
  /** The column that identifies its rows. */
  readonly key: string;
  /** The column whose index they are found by, those first that are over the longest; absent: the table is small. */
  readonly index?: string;
  /** The condition on rows that no query needs any more, at a time in milliseconds since 1970. */
  readonly isOver: (nowMs: number) => RawBuilder<boolean>;
  /** How many rows are deleted at the most. */
  readonly maxRows: number;
}

/** Few enough for SQLite to be done with in a millisecond or two. */
export const STEP_ROWS = 500;

/** Rows are over that have a time before the present in a column with an index. */
const byTime = (index: string) => ({
  index,
  isOver: (nowMs: number) => sql<boolean>`${sql.ref(index)} < ${nowMs}`,
});

/** Without its newest row, a server could not tell a store that was pruned from an older copy of it. */
const IS_NOT_NEWEST = sql<boolean>`id < (select max(id) from revocations)`;

/**
 * What expires, and when, beside sessions. The pruner deletes the rows of the first ones from time to time; the others lose a
 * few with each row that is written, more than that one adds, so that they never pile up.
 */
export const EXPIRIES = {
  revocations: {
    table: "revocations",
    key: "id",
    index: "expires_at",
    isOver: (nowMs) => sql<boolean>`expires_at < ${nowMs} and ${IS_NOT_NEWEST}`,
    maxRows: STEP_ROWS,
  },
  /** A server of schema version 4 writes no expiry. */
  revocationsWithoutExpiry: {
    table: "revocations",
    key: "id",
    index: "expires_at",
    isOver: (nowMs) =>
      sql<boolean>`expires_at is null and revoked_at < ${nowMs - UNKNOWN_LIFE_MS} and ${IS_NOT_NEWEST}`,
    maxRows: STEP_ROWS,
  },
  /** No server has granted tokens of such a life for so long that none of them is good. */
  accessLives: {
    table: "access_lives",
    key: "life_ms",
    isOver: (nowMs) => sql<boolean>`granted_until + life_ms < ${nowMs}`,
    maxRows: STEP_ROWS,
  },
  seenAssertions: { table: "seen_assertions", key: "assertion_key", ...byTime("expires_at"), maxRows: 10 },
  /** The limiter knows how long failures count. So it passes the time before which they are forgotten, not the present. */
  signInFailures: { table: "sign_in_failures", key: "account_key", ...byTime("last_at"), maxRows: 10 },
  /** One statement adds hundreds. */
  addressAttempts: { table: "address_tries", key: "address_key", ...byTime("full_at"), maxRows: 1_000 },
} as const satisfies Readonly<Record<string, Expiry>>;

/** Delete a few rows that have had their time. @returns how many */
export async function deleteExpired(store: Store, expiry: Expiry, nowMs: number): Promise<number> {
  const [table, key] = [sql.table(expiry.table), sql.ref(expiry.key)];
  const order = expiry.index === undefined ? sql`` : sql`order by ${sql.ref(expiry.index)}`;
  // Another server may just be writing one of them, or deleting the same.
  const lock = store.dialect === "postgres" ? sql`for update skip locked` : sql``;
  const limit = sql.lit(expiry.maxRows);
  const some = sql`select ${key} from ${table} where ${expiry.isOver(nowMs)} ${order} limit ${limit} ${lock}`;
  const result = await sql`delete from ${table} where ${key} in (${some})`.execute(store.db);
  return Number(result.numAffectedRows ?? 0);
}
