import type { Kysely } from "kysely";
import type { Store } from "./database.ts";
import { announceRevocations, OWN_ISSUER, type RevocationRecord, writeRevocations } from "./revocations.ts";
import type { Schema } from "./schema.ts";

/** Which sessions are meant. */
export type SessionSelector =
  /** One session; with a subject or a client, only if it is theirs. */
  | { readonly sessionId: string; readonly subject?: string; readonly clientId?: string | undefined }
  /** All of a subject; or only those of a client, or all but one. */
  | {
      readonly subject: string;
      readonly clientId?: string | undefined;
      readonly exceptSessionId?: string | undefined;
    }
  /** All of a client, for any subject. */
  | { readonly clientId: string }
  /** All of subjects that another issuer vouched for, or those that were begun from one session there. */
  | { readonly externalIssuer: string; readonly externalSession?: string }
  /** All of a subject of which no session at another issuer is known. */
  | { readonly subject: string; readonly externalSession: null };

/** Which sessions to end, and why. */
export interface SessionRevocation {
  readonly where: SessionSelector;
  /** Only those that had begun by then, in milliseconds since 1970. Default: whenever they began. */
  readonly begunByMs?: number;
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

const COLUMNS = [
  ["sessionId", "session_id", "="],
  ["subject", "subject", "="],
  ["clientId", "client_id", "="],
  ["externalIssuer", "external_issuer", "="],
  ["externalSession", "external_session", "="],
  ["exceptSessionId", "session_id", "<>"],
] as const;

/** Find the sessions of a selector that have not ended. */
export async function findUnendedSessions(
  store: Store,
  where: SessionSelector,
): Promise<readonly EndedSession[]> {
  const conditions = toConditions(where);
  const rows = await store.db
    .selectFrom("sessions")
    .select(["session_id", "subject"])
    .where((is) => is.and(conditions.map(({ column, operator, value }) => is(column, operator, value))))
    .where("revoked_at", "is", null)
    .execute();
  return rows.map((row) => ({ sessionId: row.session_id, subject: row.subject }));
}

function toConditions(where: SessionSelector) {
  const values: Partial<Record<(typeof COLUMNS)[number][0], string | null | undefined>> = where;
  const conditions = COLUMNS.flatMap(([member, column, equals]) => {
    const value = values[member];
    const operator = value === null ? ("is" as const) : equals;
    return value === undefined ? [] : [{ column, operator, value }];
  });
  if (!conditions.some(({ operator }) => operator === "=")) {
    // The types forbid it; but this mistake would end the sessions of all users.
    throw new TypeError("name a session, a subject, a client or an issuer");
  }
  return conditions;
}

/** The columns of a session that has ended: the successor of its refresh token is of no use any more. */
export function toEnded(nowMs: number, reason: string) {
  return { revoked_at: nowMs, revoke_reason: reason, successor_sealed: null };
}

/** End sessions that have not ended yet, and revoke their access tokens in the same transaction. */
export async function revokeSessions(store: Store, revocation: SessionRevocation): Promise<SessionsEnded> {
  const ended = await store.db.transaction().execute((trx) => endSessionsIn(trx, store.dialect, revocation));
  announceRevocations(store, ended.revocations);
  return ended;
}

/**
 * End sessions as {@link revokeSessions} does, as the last of what a transaction does. Then the revocations are to be
 * announced.
 */
export async function endSessionsIn(
  db: Kysely<Schema>,
  dialect: Store["dialect"],
  { where, begunByMs = Number.MAX_SAFE_INTEGER, reason, nowMs }: SessionRevocation,
): Promise<SessionsEnded> {
  const conditions = toConditions(where);
  const rows = await db
    .updateTable("sessions")
    .set(toEnded(nowMs, reason))
    .where((is) => is.and(conditions.map(({ column, operator, value }) => is(column, operator, value))))
    .where("revoked_at", "is", null)
    .where("created_at", "<=", begunByMs)
    .returning(["session_id", "subject"])
    .execute();
  const sessions = rows.map((row) => ({ sessionId: row.session_id, subject: row.subject }));
  const revocations = await writeRevocations(
    db,
    dialect,
    sessions.map(({ sessionId: value }) => ({
      issuer: OWN_ISSUER,
      dimension: "sid",
      value,
      beforeMs: undefined,
      revokedAtMs: nowMs,
      reason,
    })),
  );
  return { sessions, revocations };
}
