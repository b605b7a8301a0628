import type { Store } from "./database.ts";
import { type RevocationRecord, writeRevocations } from "./revocations.ts";

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

/** What came of ending sessions. */
export interface SessionsEnded {
  /** The sessions that this call ended. */
  readonly sessions: readonly EndedSession[];
  /** What the servers learn of it. */
  readonly revocations: readonly RevocationRecord[];
}

/** End sessions that have not ended yet, and revoke their access tokens in the same transaction. */
export async function revokeSessions(store: Store, revocation: SessionRevocation): Promise<SessionsEnded> {
  const { where, reason, nowMs } = revocation;
  const { sessionId, subject } = where;
  if (sessionId === undefined && subject === undefined) {
    // The types forbid it; but this mistake would sign everybody out.
    throw new TypeError("name a session or a subject");
  }
  return store.db.transaction().execute(async (trx) => {
    const rows = await trx
      .updateTable("sessions")
      // What no one may use any more need not be kept.
      .set({ revoked_at: nowMs, revoke_reason: reason, successor_sealed: null })
      .$if(sessionId !== undefined, (query) => query.where("session_id", "=", sessionId ?? ""))
      .$if(subject !== undefined, (query) => query.where("subject", "=", subject ?? ""))
      .where("revoked_at", "is", null)
      .returning(["session_id", "subject"])
      .execute();
    const sessions = rows.map((row) => ({ sessionId: row.session_id, subject: row.subject }));
    const revocations = await writeRevocations(
      trx,
      store.dialect,
      sessions.map(({ sessionId: value }) => ({
        ...{ dimension: "sid", value, beforeMs: undefined, revokedAtMs: nowMs, reason },
      })),
    );
    return { sessions, revocations };
  });
}
