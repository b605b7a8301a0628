import type { Expression, ExpressionBuilder, SqlBool } from "kysely";
import { sql } from "kysely";
import type { Store } from "./database.ts";
import { UNKNOWN_LIFE_MS } from "./revocations.ts";
import type { Schema } from "./schema.ts";

/** What came of one step of pruning. */
export interface PruneStep {
  /** How many rows it removed. */
  readonly removed: number;
  /** Where the next step goes on; undefined: there is nothing left to look at. */
  readonly next: string | undefined;
}

/** Removes a few rows of one table. */
export type Prune = (store: Store, from: string, nowMs: number) => Promise<PruneStep>;

/** How many rows one step looks at: few enough for SQLite to be done with in a millisecond or two. */
const STEP_ROWS = 500;

/** How long sessions are kept that can no longer be refreshed: whoever asks why still finds them. */
const SESSION_GRACE_MS = 24 * 60 * 60 * 1_000;

/**
 * Remove sessions that ran out a day ago, of those behind a session.
 *
 * It walks along the primary key. An index by expiry would be rewritten with every refresh, for a table that is
 * searched like this once an hour.
 */
export const pruneSessions: Prune = async (store, from, nowMs) => {
  const rows = await store.db
    .selectFrom("sessions")
    .select(["session_id", "idle_expires_at"])
    .where("session_id", ">", from)
    .orderBy("session_id")
    .limit(STEP_ROWS)
    .execute();
  const cutoffMs = nowMs - SESSION_GRACE_MS;
  const outlived = rows.filter((row) => row.idle_expires_at < cutoffMs).map((row) => row.session_id);
  const next = rows.length < STEP_ROWS ? undefined : rows.at(-1)?.session_id;
  if (outlived.length === 0) {
    return { removed: 0, next };
  }
  const result = await store.db
    .deleteFrom("sessions")
    .where("session_id", "in", outlived)
    .where("idle_expires_at", "<", cutoffMs)
    .executeTakeFirst();
  return { removed: Number(result.numDeletedRows), next };
};

/** Remove revocations that no valid token can be of any more. */
export const pruneRevocations: Prune = async (store, from, nowMs) => {
  const expired = await deleteRevocations(store, (row) => row("expires_at", "<", nowMs));
  // A server of schema version 4 writes no expiry.
  const withoutExpiry = await deleteRevocations(store, (row) =>
    row.and([row("expires_at", "is", null), row("revoked_at", "<", nowMs - UNKNOWN_LIFE_MS)]),
  );
  return {
    removed: expired + withoutExpiry,
    next: Math.max(expired, withoutExpiry) < STEP_ROWS ? undefined : from,
  };
};

type RevocationCondition = (row: ExpressionBuilder<Schema, "revocations">) => Expression<SqlBool>;

async function deleteRevocations(store: Store, isOver: RevocationCondition): Promise<number> {
  const some = store.db.selectFrom("revocations").select("id").where(isOver).limit(STEP_ROWS);
  const result = await store.db.deleteFrom("revocations").where("id", "in", some).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Remove the lives of access tokens that no server has granted for so long that none of them is good. */
export const pruneAccessLives: Prune = async (store, _from, nowMs) => {
  const result = await store.db
    .deleteFrom("access_lives")
    .where(sql<boolean>`granted_until + life_ms < ${nowMs}`)
    .executeTakeFirst();
  return { removed: Number(result.numDeletedRows), next: undefined };
};
