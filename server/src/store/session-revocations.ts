import type { Store } from "./database.ts";

/** Which sessions to end, and why. */
export interface SessionRevocation {
  /** A session, whoever's it is; all of a subject; or a session if it is the subject's. */
  readonly where:
    | { readonly sessionId: string; readonly subject?: string }
    | { readonly sessionId?: string; readonly subject: string };
  readonly reason: string;
  readonly nowMs: number;
}

/** A session that was ended just now. */
export interface EndedSession {
  readonly sessionId: string;
  readonly subject: string;
}

/**
 * End sessions that have not ended yet.
 *
 * @returns the sessions that this call ended
 */
export async function revokeSessions(
  store: Store,
  revocation: SessionRevocation,
): Promise<readonly EndedSession[]> {
  const { sessionId, subject } = revocation.where;
  if (sessionId === undefined && subject === undefined) {
    // The types forbid it; but this mistake would sign everybody out.
    throw new TypeError("name a session or a subject");
  }
  const rows = await store.db
    .updateTable("sessions")
    // What no one may use any more need not be kept.
    .set({ revoked_at: revocation.nowMs, revoke_reason: revocation.reason, successor_sealed: null })
    .$if(sessionId !== undefined, (query) => query.where("session_id", "=", sessionId ?? ""))
    .$if(subject !== undefined, (query) => query.where("subject", "=", subject ?? ""))
    .where("revoked_at", "is", null)
    .returning(["session_id", "subject"])
    .execute();
  return rows.map((row) => ({ sessionId: row.session_id, subject: row.subject }));
}

/** A session that was ended, as other servers need to know it. */
export interface RevokedSession {
  readonly sessionId: string;
  readonly revokedAtMs: number;
  readonly reason: string;
}

/** List the sessions that were ended at or after a time, the earliest first. */
export async function listRevokedSince(store: Store, sinceMs: number): Promise<readonly RevokedSession[]> {
  const rows = await store.db
    .selectFrom("sessions")
    .select(["session_id", "revoked_at", "revoke_reason"])
    .where("revoked_at", ">=", sinceMs)
    .orderBy("revoked_at")
    .execute();
  return rows.map((row) => ({
    sessionId: row.session_id,
    revokedAtMs: row.revoked_at ?? sinceMs,
    reason: row.revoke_reason ?? "unknown",
  }));
}
