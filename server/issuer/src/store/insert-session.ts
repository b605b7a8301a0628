import { type RawBuilder, sql } from "kysely";
import type { Store } from "./database.ts";
import { type SessionRecord, toSessionRow } from "./session-record.ts";

/** Whose good standing a new session needs. */
export type SessionSponsor =
  /** An account that is not disabled, and has the password that was checked. */
  | { readonly subject: string; readonly passwordHash: string }
  /** A client that is not disabled. */
  | { readonly clientId: string };

/**
 * Add a session.
 *
 * Whoever takes the standing away ends the sessions that there are afterwards. The row of the sponsor is locked until
 * this one is there, so that a session is either refused or found, however close the race.
 *
 * @param sponsor undefined: nobody in the store stands behind it
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
      : sql`accounts where subject = ${sponsor.subject} and password_hash = ${sponsor.passwordHash}`;
  const lock = store.dialect === "postgres" ? sql`for share` : sql``;
  return sql`select ${values} from ${row} and disabled_at is null ${lock}`;
}
