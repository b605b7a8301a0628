import { sql } from "kysely";
import type { Store } from "./database.ts";
import { type SessionRecord, toSessionRecord, toSessionRow } from "./session-record.ts";

/** The replacement of a session's refresh token. */
export interface SessionRotation {
  readonly sessionId: string;
  /** The state that the replacement was worked out from: it is not made on any other. */
  readonly from: Pick<SessionRecord, "generation" | "refreshHash">;
  readonly refreshHash: string;
  readonly refreshId: string;
  readonly successorSealed: string;
  readonly idleExpiresAtMs: number;
  readonly nowMs: number;
}

/** Add a session. */
export async function insertSession(store: Store, session: SessionRecord): Promise<void> {
  await store.write((db) => db.insertInto("sessions").values(toSessionRow(session)).execute());
}

/** Read a session, if it is still stored. */
export async function findSession(store: Store, sessionId: string): Promise<SessionRecord | undefined> {
  const query = store.db.selectFrom("sessions").selectAll().where("session_id", "=", sessionId);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : toSessionRecord(row);
}

/**
 * Replace a session's refresh token by one statement: compare, then set.
 *
 * @returns false when the session is no longer in the state that the replacement was worked out from
 */
export async function rotateSession(store: Store, rotation: SessionRotation): Promise<boolean> {
  const { sessionId, from, nowMs } = rotation;
  const result = await store.write((db) =>
    db
      .updateTable("sessions")
      .set({
        generation: from.generation + 1,
        refresh_hash: rotation.refreshHash,
        refresh_id: rotation.refreshId,
        successor_sealed: rotation.successorSealed,
        superseded_at: nowMs,
        refreshed_at: nowMs,
        idle_expires_at: rotation.idleExpiresAtMs,
      })
      .where("session_id", "=", sessionId)
      .where("generation", "=", from.generation)
      .where("refresh_hash", "=", from.refreshHash)
      .where("revoked_at", "is", null)
      .executeTakeFirst(),
  );
  return result.numUpdatedRows === 1n;
}

/** A page of the sessions of a subject. */
export interface SessionPage {
  readonly subject: string;
  /** Go on behind this one: the last of the page before. */
  readonly after?: Pick<SessionRecord, "createdAtMs" | "sessionId">;
  readonly limit: number;
  readonly nowMs: number;
}

/** List the sessions of a subject that can still be refreshed, newest first. */
export async function listLiveSessions(store: Store, page: SessionPage): Promise<readonly SessionRecord[]> {
  const { subject, after, limit, nowMs } = page;
  const rows = await store.db
    .selectFrom("sessions")
    .selectAll()
    .where("subject", "=", subject)
    .where("revoked_at", "is", null)
    .where("idle_expires_at", ">", nowMs)
    .where("refresh_hash", "<>", "")
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(created_at, session_id) < (${after?.createdAtMs}, ${after?.sessionId})`),
    )
    .orderBy("created_at", "desc")
    .orderBy("session_id", "desc")
    .limit(limit)
    .execute();
  return rows.map(toSessionRecord);
}
