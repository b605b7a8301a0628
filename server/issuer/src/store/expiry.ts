import { type RawBuilder, sql } from "kysely";
import type { Store } from "./database.ts";
import { UNKNOWN_LIFE_MS } from "./revocations.ts";
import type { Schema } from "./schema.ts";

/** When the rows of a table have had their time, and how many of them one statement deletes. */
export interface Expiry {
  readonly table: keyof Schema;
  /** The column that identifies its rows. */
  readonly key: string;
  /** The condition on rows that no query needs any more, at a time in milliseconds since 1970. */
  readonly isOver: (nowMs: number) => RawBuilder<boolean>;
  /** How many rows are deleted at the most. */
  readonly maxRows: number;
}

/** Few enough for SQLite to be done with in a millisecond or two. */
const STEP_ROWS = 500;

/** How long sessions are kept that can no longer be refreshed: a client that asks why still finds them. */
const SESSION_GRACE_MS = 24 * 60 * 60 * 1_000;

const isBefore =
  (column: string, graceMs = 0): Expiry["isOver"] =>
  (nowMs) =>
    sql<boolean>`${sql.ref(column)} < ${nowMs - graceMs}`;

/**
 * What expires, and when. The pruner deletes the rows of the first ones from time to time; the others lose a few with
 * each row that is written, more than that one adds, so that they never pile up.
 */
export const EXPIRIES = {
  sessions: {
    table: "sessions",
    key: "session_id",
    isOver: isBefore("idle_expires_at", SESSION_GRACE_MS),
    maxRows: STEP_ROWS,
  },
  revocations: {
    table: "revocations",
    key: "id",
    // Without its newest row, a server could not tell a store that was pruned from an older copy of it.
    isOver: (nowMs) => sql<boolean>`expires_at < ${nowMs} and id < (select max(id) from revocations)`,
    maxRows: STEP_ROWS,
  },
  /** A server of schema version 4 writes no expiry. */
  revocationsWithoutExpiry: {
    table: "revocations",
    key: "id",
    isOver: (nowMs) =>
      sql<boolean>`expires_at is null and revoked_at < ${nowMs - UNKNOWN_LIFE_MS} and id < (select max(id) from revocations)`,
    maxRows: STEP_ROWS,
  },
  /** No server has granted tokens of such a life for so long that none of them is good. */
  accessLives: {
    table: "access_lives",
    key: "life_ms",
    isOver: (nowMs) => sql<boolean>`granted_until + life_ms < ${nowMs}`,
    maxRows: STEP_ROWS,
  },
  seenAssertions: {
    table: "seen_assertions",
    key: "assertion_key",
    isOver: isBefore("expires_at"),
    maxRows: 10,
  },
  /** The limiter knows how long failures count. So it passes the time before which they are forgotten, not the present. */
  signInFailures: { table: "sign_in_failures", key: "account_key", isOver: isBefore("last_at"), maxRows: 10 },
  /** One statement adds hundreds. */
  addressAttempts: {
    table: "address_tries",
    key: "address_key",
    isOver: isBefore("full_at"),
    maxRows: 1_000,
  },
} as const satisfies Readonly<Record<string, Expiry>>;

/** Delete a few rows that have had their time, whichever they are. @returns how many */
export async function deleteExpired(store: Store, expiry: Expiry, nowMs: number): Promise<number> {
  const [table, key] = [sql.table(expiry.table), sql.ref(expiry.key)];
  // Another server may just be writing one of them, or deleting the same.
  const lock = store.dialect === "postgres" ? sql`for update skip locked` : sql``;
  const some = sql`select ${key} from ${table} where ${expiry.isOver(nowMs)} limit ${expiry.maxRows} ${lock}`;
  const result = await sql`delete from ${table} where ${key} in (${some})`.execute(store.db);
  return Number(result.numAffectedRows ?? 0);
}
