import { type RawBuilder, sql } from "kysely";
import type { Store } from "./database.ts";
import { deleteExpired, EXPIRIES, type Expiry, STEP_ROWS } from "./expiry.ts";
import { SESSION_GRACE_MS } from "./session-record.ts";

/** What came of one step of pruning. */
export interface PruneStep {
  /** How many rows it removed. */
  readonly removed: number;
  /** Whether there may be more to look at. */
  readonly hasMore: boolean;
}

/** Removes a few rows of one table. */
export type Prune = (store: Store, nowMs: number) => Promise<PruneStep>;

/** What the pruner of a server removes, step by step, from time to time. */
export const PRUNED: readonly Prune[] = [
  pruneSessions,
  pruneAll(EXPIRIES.revocations),
  pruneAll(EXPIRIES.revocationsWithoutExpiry),
  pruneAll(EXPIRIES.accessLives),
];

/**
 * Look at sessions that have expired unless they were refreshed: remove those that were not, and put down when to look at the
 * others again. An index by the expiry itself would have to be written anew with every refresh.
 */
async function pruneSessions(store: Store, nowMs: number): Promise<PruneStep> {
  const overMs = nowMs - SESSION_GRACE_MS;
  return await store.db.transaction().execute(async (trx) => {
    const due = await lockDueSessions({ db: trx, dialect: store.dialect }, nowMs);
    const idsOf = (rows: typeof due): readonly string[] => rows.map((row) => row.session_id);
    const expired = idsOf(due.filter((row) => row.idle_expires_at < overMs));
    const live = idsOf(due.filter((row) => row.idle_expires_at >= overMs));
    if (live.length > 0) {
      await trx
        .updateTable("sessions")
        .set((row) => ({ prune_at: row("idle_expires_at", "+", SESSION_GRACE_MS) }))
        .where(isOneOf(store.dialect, live))
        .execute();
    }
    if (expired.length > 0) {
      await trx.deleteFrom("sessions").where(isOneOf(store.dialect, expired)).execute();
    }
    return { removed: expired.length, hasMore: due.length === STEP_ROWS };
  });
}

/** On Postgres, statements have names: a list that is one parameter has one form, whatever its length. */
function isOneOf(dialect: Store["dialect"], ids: readonly string[]): RawBuilder<boolean> {
  return dialect === "postgres"
    ? sql`session_id = any(${ids})`
    : sql`session_id in (${sql.join(ids.map((id) => sql`${id}`))})`;
}

/**
 * Read sessions that it is time to look at. On Postgres, one that a refresh or a revocation is changing is left for later:
 * a revocation of several sessions could wait for one of these while the pruner waits for another.
 */
async function lockDueSessions({ db, dialect }: Pick<Store, "db" | "dialect">, nowMs: number) {
  const query = db
    .selectFrom("sessions")
    .select(["session_id", "idle_expires_at"])
    .where("prune_at", "<", nowMs)
    .orderBy("prune_at")
    .limit(sql.lit(STEP_ROWS));
  return await (dialect === "postgres" ? query.forUpdate().skipLocked() : query).execute();
}

function pruneAll(expiry: Expiry): Prune {
  return async (store, nowMs) => {
    const removed = await deleteExpired(store, expiry, nowMs);
    return { removed, hasMore: removed === expiry.maxRows };
  };
}
