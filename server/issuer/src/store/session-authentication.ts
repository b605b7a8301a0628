import { sql } from "kysely";
import type { Store } from "./database.ts";
import { type Authentication, type SessionRecord, toSessionRecord } from "./session-record.ts";
import { toTextList } from "./text-list.ts";

/** The owner of an account has proved again who they are. */
export interface AuthenticationRenewal extends Pick<Authentication, "acr" | "amr"> {
  readonly sessionId: string;
  /** The account that was proved, and the client that the session must be for. */
  readonly subject: string;
  readonly clientId: string;
  /** The hash of the password that was the proof; undefined: the proof was another. */
  readonly passwordHash: string | undefined;
  readonly nowMs: number;
}

/**
 * Write down that the owner of a session has proved again who they are, if it is a session of that very account that can
 * still be refreshed. Nothing else of it changes.
 *
 * @returns the session as it is now; undefined when there is none such, or the proof has been withdrawn
 */
export async function renewAuthentication(
  store: Store,
  { sessionId, subject, clientId, passwordHash, nowMs, acr, amr }: AuthenticationRenewal,
): Promise<SessionRecord | undefined> {
  const password = passwordHash === undefined ? sql`` : sql`and accounts.password_hash = ${passwordHash}`;
  const account = sql`accounts where accounts.subject = ${subject} and accounts.disabled_at is null ${password}`;
  const row = await store.write((db) =>
    db
      .updateTable("sessions")
      .set({ auth_time: nowMs, acr: acr ?? null, amr: amr === undefined ? null : toTextList(amr) })
      .where("session_id", "=", sessionId)
      .where("subject", "=", subject)
      .where("client_id", "=", clientId)
      .where("external_issuer", "is", null)
      .where("actor", "is", null)
      .where("revoked_at", "is", null)
      .where("refresh_hash", "<>", "")
      .where("idle_expires_at", ">", nowMs)
      .where("absolute_expires_at", ">", nowMs)
      .where(sql<boolean>`exists (select 1 from ${account})`)
      .returningAll()
      .executeTakeFirst(),
  );
  return row === undefined ? undefined : toSessionRecord(row);
}
