import { sql } from "kysely";
import type { Store } from "./database.ts";
import { type SessionRecord, toSessionRecord } from "./session-record.ts";

/** Read a session, if it is still stored. */
export async function findSession(store: Store, sessionId: string): Promise<SessionRecord | undefined> {
  const query = store.db.selectFrom("sessions").selectAll().where("session_id", "=", sessionId);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : toSessionRecord(row);
}

/** A page of the sessions of a subject. */
export interface SessionPage {
  readonly subject: string;
  /** Only those of this client; undefined: of all. */
  readonly clientId?: string | undefined;
  /** Go on behind this one: the last of the page before. */
  readonly after?: Pick<SessionRecord, "createdAtMs" | "sessionId">;
  readonly limit: number;
  readonly nowMs: number;
}

/** List the sessions of a subject that can still be refreshed, newest first. */
export async function listLiveSessions(store: Store, page: SessionPage): Promise<readonly SessionRecord[]> {
  const { subject, clientId, after, limit, nowMs } = page;
  const rows = await store.db
    .selectFrom("sessions")
    .selectAll()
    .where("subject", "=", subject)
    .where("revoked_at", "is", null)
    .where("idle_expires_at", ">", nowMs)
    .where("refresh_hash", "<>", "")
    .$if(clientId !== undefined, (query) => query.where("client_id", "=", clientId ?? ""))
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(created_at, session_id) < (${after?.createdAtMs}, ${after?.sessionId})`),
    )
    .orderBy("created_at", "desc")
    .orderBy("session_id", "desc")
    .limit(limit)
    .execute();
  return rows.map(toSessionRecord);
}
