import type { Store } from "@countersign/issuer";
import type { NoteTable, Schema } from "@countersign/issuer/internal";
import { type Kysely, type Selectable, sql } from "kysely";
import { insertNoteEvents, type NewNote, type StoredNote } from "./note-events.ts";

/** A note's place in the list, which is ordered from the newest to the oldest. */
export interface NotePosition {
  readonly createdAtMs: number;
  readonly id: string;
}

/** Stays below the limits on parameters of both databases. */
const INSERT_BATCH_ROWS = 200;

/** The first of the two numbers of our advisory locks; any, as long as nothing else here uses it. */
const NOTES_LOCK = 5_211_501;

/** Write notes of one owner: all of them, or none. Their events get ascending sequences in the order given. */
export function insertNotes(
  store: Store,
  owner: string,
  notes: readonly NewNote[],
): Promise<readonly StoredNote[]> {
  return changeNotes(store, owner, async (db) => {
    const stored: StoredNote[] = [];
    for (let at = 0; at < notes.length; at += INSERT_BATCH_ROWS) {
      const batch = notes.slice(at, at + INSERT_BATCH_ROWS);
      const sequences = await insertNoteEvents(db, "created", batch);
      stored.push(...batch.map((note, index) => ({ ...note, sequence: sequences[index] ?? 0 })));
    }
    for (let at = 0; at < stored.length; at += INSERT_BATCH_ROWS) {
      const rows = stored.slice(at, at + INSERT_BATCH_ROWS).map(toRow);
      await db.insertInto("notes").values(rows).execute();
    }
    return stored;
  });
}

/** Find a note, whoever owns it. */
export async function findNote(store: Store, id: string): Promise<StoredNote | undefined> {
  const row = await store.db.selectFrom("notes").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toNote(row);
}

/** List notes of one owner, newest first, at most `limit` of them, those after a position when one is given. */
export async function listNotes(
  store: Store,
  owner: string,
  { limit, after }: { readonly limit: number; readonly after: NotePosition | undefined },
): Promise<readonly StoredNote[]> {
  let query = store.db.selectFrom("notes").selectAll().where("owner", "=", owner);
  if (after !== undefined) {
    query = query.where((is) =>
      is(is.refTuple("created_at", "id"), "<", is.tuple(after.createdAtMs, after.id)),
    );
  }
  const rows = await query.orderBy("created_at", "desc").orderBy("id", "desc").limit(limit).execute();
  return rows.map(toNote);
}

/** Replace the text of a note. Resolves to the note as it is then, or `undefined` when the owner has no such note. */
export function replaceNoteBody(
  store: Store,
  owner: string,
  { id, body }: { readonly id: string; readonly body: string },
): Promise<StoredNote | undefined> {
  return changeNotes(store, owner, async (db) => {
    const own = db.selectFrom("notes").selectAll().where("id", "=", id).where("owner", "=", owner);
    const row = await own.executeTakeFirst();
    if (row === undefined) return undefined;
    const changed = toNote({ ...row, body });
    const [sequence = 0] = await insertNoteEvents(db, "updated", [changed]);
    await db.updateTable("notes").set({ body, sequence }).where("id", "=", id).execute();
    return { ...changed, sequence };
  });
}

/** Delete a note. Resolves to `false` when the owner has no such note. */
export function deleteNote(store: Store, owner: string, id: string): Promise<boolean> {
  return changeNotes(store, owner, async (db) => {
    const gone = db.deleteFrom("notes").where("id", "=", id).where("owner", "=", owner).returningAll();
    const row = await gone.executeTakeFirst();
    if (row === undefined) return false;
    await insertNoteEvents(db, "deleted", [toNote(row)]);
    return true;
  });
}

function changeNotes<T>(store: Store, owner: string, change: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
  return store.db.transaction().execute(async (db) => {
    // Postgres numbers events when they are inserted and shows them when they are committed. One writer of an owner
    // at a time makes the two orders the same, so that no watcher steps over an event. SQLite has one writer anyway.
    if (store.dialect === "postgres") {
      await sql`select pg_advisory_xact_lock(${NOTES_LOCK}::int, hashtext(${owner}))`.execute(db);
    }
    return change(db);
  });
}

function toNote({ created_at, id, owner, title, body, sequence }: Row): StoredNote {
  return { id, owner, title, body, sequence, createdAtMs: created_at };
}

function toRow({ createdAtMs, id, owner, title, body, sequence }: StoredNote): Row {
  return { id, owner, title, body, sequence, created_at: createdAtMs };
}

type Row = Selectable<NoteTable>;
