import { sql } from "kysely";
import type { Store } from "../../../server/issuer/src/store/database.ts";

const PG_FULL = "begin raise exception 'could not extend file' using errcode = '53100'; end";

/** The tables whose rows cannot be added or changed while the store is unwritable. */
const TABLES = ["revocations", "sessions", "store_settings"] as const;

/**
 * Make a store fail as one on a full disk: what is in it can be read, and these tables take nothing.
 *
 * @returns what ends that
 */
export async function fillUp(store: Store): Promise<() => Promise<void>> {
  if (store.dialect === "sqlite") {
    await sql`pragma query_only = on`.execute(store.db);
    return async () => void (await sql`pragma query_only = off`.execute(store.db));
  }
  await sql
    .raw(`create or replace function no_room() returns trigger language plpgsql as $$ ${PG_FULL} $$`)
    .execute(store.db);
  for (const table of TABLES) {
    await sql
      .raw(
        `create trigger no_room before insert or update on ${table} for each row execute function no_room()`,
      )
      .execute(store.db);
  }
  return async () => {
    for (const table of TABLES) {
      await sql.raw(`drop trigger no_room on ${table}`).execute(store.db);
    }
  };
}
