import type { Store } from "./database.ts";
import { deleteExpired, EXPIRIES, type Expiry } from "./expiry.ts";

/** What came of one step of pruning. */
export interface PruneStep {
  /** How many rows it removed. */
  readonly removed: number;
  /** Where the next step goes on; undefined: there is nothing left to look at. */
  readonly next: string | undefined;
}

/** Removes a few rows of one table. */
export type Prune = (store: Store, from: string, nowMs: number) => Promise<PruneStep>;

/** What the pruner of a server removes, step by step, from time to time. */
export const PRUNED: readonly Prune[] = [
  pruneSessions,
  pruneAll(EXPIRIES.revocations),
  pruneAll(EXPIRIES.revocationsWithoutExpiry),
  pruneAll(EXPIRIES.accessLives),
];

/**
 * Remove expired sessions, of those behind a session.
 *
 * It walks along the primary key. An index by expiry would be rewritten with every refresh, for a table that is
 * searched like this once an hour.
 */
async function pruneSessions(store: Store, from: string, nowMs: number): Promise<PruneStep> {
  const { isOver, maxRows } = EXPIRIES.sessions;
  const rows = await store.db
    .selectFrom("sessions")
    .select(["session_id", isOver(nowMs).as("is_over")])
    .where("session_id", ">", from)
    .orderBy("session_id")
    .limit(maxRows)
    .execute();
  const expired = rows.filter((row) => Boolean(row.is_over)).map((row) => row.session_id);
  const next = rows.length < maxRows ? undefined : rows.at(-1)?.session_id;
  if (expired.length === 0) {
    return { removed: 0, next };
  }
  const result = await store.db
    .deleteFrom("sessions")
    .where("session_id", "in", expired)
    .where(isOver(nowMs))
    .executeTakeFirst();
  return { removed: Number(result.numDeletedRows), next };
}

function pruneAll(expiry: Expiry): Prune {
  return async (store, from, nowMs) => {
    const removed = await deleteExpired(store, expiry, nowMs);
    return { removed, next: removed < expiry.maxRows ? undefined : from };
  };
}
