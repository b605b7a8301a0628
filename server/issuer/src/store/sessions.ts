import { type RawBuilder, sql } from "kysely";
import type { Store } from "./database.ts";
import { type SessionRecord, toSessionRecord, toSessionRow } from "./session-record.ts";

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
  readonly after?: Pick<SessionRecord, "createdAtMs" | "sessionId"> | undefined;
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

/** Whose good standing a new session needs. */
export type SessionSponsor =
  /** An account that is not disabled, and still has the password that was checked, if one was. */
  | { readonly subject: string; readonly passwordHash: string | undefined }
  /** A client that is not disabled. */
  | { readonly clientId: string };

/**
 * Add a session.
 *
 * What takes the standing away, such as disabling an account, ends the sessions that are there afterwards. The row of
 * the sponsor is locked until this one is there, so that a session is either refused or found, however close the race.
 *
 * @param sponsor undefined: it needs no account or client of the store
 * @returns false when the sponsor has lost its standing
 */
export async function insertSession(
  store: Store,
  session: SessionRecord,
  sponsor?: SessionSponsor,
): Promise<boolean> {
  const row = toSessionRow(session);
  if (sponsor === undefined) {
    await store.write((db) => db.insertInto("sessions").values(row).execute());
    return true;
  }
  const columns = Object.keys(row) as (keyof typeof row)[]; // the names that the row is typed by
  const values = sql.join(columns.map((name) => sql.val(row[name])));
  const result = await store.write((db) =>
    db
      .insertInto("sessions")
      .columns(columns)
      .expression(selectFromSponsor({ store, sponsor, values }))
      .executeTakeFirst(),
  );
  return result.numInsertedOrUpdatedRows === 1n;
}

interface Selection {
  readonly store: Store;
  readonly sponsor: SessionSponsor;
  readonly values: RawBuilder<unknown>;
}

/** Select the values once if the sponsor is in good standing, and not at all otherwise. */
function selectFromSponsor({ store, sponsor, values }: Selection): RawBuilder<unknown> {
  const row =
    "clientId" in sponsor
      ? sql`clients where client_id = ${sponsor.clientId}`
      : sql`accounts where subject = ${sponsor.subject} ${toPasswordCondition(sponsor)}`;
  const lock = store.dialect === "postgres" ? sql`for share` : sql``;
  return sql`select ${values} from ${row} and disabled_at is null ${lock}`;
}

function toPasswordCondition({ passwordHash }: { readonly passwordHash: string | undefined }) {
  return passwordHash === undefined ? sql`` : sql`and password_hash = ${passwordHash}`;
}
