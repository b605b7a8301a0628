import { type Selectable, sql } from "kysely";
import { type Change, type NoteDatabase, rowsOf } from "./note-database.ts";
import { insertNoteEvents, type NewNote, type StoredNote } from "./note-events.ts";
import type { NoteTable } from "./note-schema.ts";

/** A note's place in the list, which is ordered from the newest to the oldest. */
export interface NotePosition {
  readonly createdAtMs: number;
  readonly id: string;
}

/** Stays below the limits on parameters of both databases. */
const INSERT_BATCH_ROWS = 200;

/**
 * The first of the two numbers of the lock that one writer of an owner at a time holds on Postgres. The release before
 * has the same, and may run beside this one. Locks of two numbers are others than those of one.
 */
const OWNER_LOCK = 5_211_501;

/** Write notes of one owner: all of them, or none. Their events get ascending sequences in the order given. */
export function insertNotes(
  store: NoteDatabase,
  owner: string,
  notes: readonly NewNote[],
): Promise<readonly StoredNote[]> {
  return changeNotes(store, owner, insertAll(store, notes));
}

function* insertAll({ db }: NoteDatabase, notes: readonly NewNote[]): Change<readonly StoredNote[]> {
  const stored: StoredNote[] = [];
  for (let at = 0; at < notes.length; at += INSERT_BATCH_ROWS) {
    const batch = notes.slice(at, at + INSERT_BATCH_ROWS);
    const sequences = yield* insertNoteEvents(db, "created", batch);
    const added = batch.map((note, index) => ({ ...note, sequence: sequences[index] ?? 0 }));
    yield db.insertInto("notes").values(added.map(toRow)).compile();
    stored.push(...added);
  }
  return stored;
}

/** Find a note of any owner. */
export async function findNote({ db, read }: NoteDatabase, id: string): Promise<StoredNote | undefined> {
  const [row] = await read(db.selectFrom("notes").selectAll().where("id", "=", id));
  return row === undefined ? undefined : toNote(row);
}

/** Count the notes of all owners, and the owners. */
export async function countNotes({
  db,
  read,
}: NoteDatabase): Promise<{ readonly notes: number; readonly owners: number }> {
  const [row] = await read(
    db
      .selectFrom("notes")
      .select(({ fn }) => [
        fn.countAll<number | string>().as("notes"),
        fn.count<number | string>("owner").distinct().as("owners"),
      ]),
  );
  // Postgres answers with text: a count may be larger than a number holds.
  return { notes: Number(row?.notes ?? 0), owners: Number(row?.owners ?? 0) };
}

/** List notes of one owner, newest first, at most `limit` of them, those after a position when one is given. */
export async function listNotes(
  { db, read }: NoteDatabase,
  owner: string,
  { limit, after }: { readonly limit: number; readonly after: NotePosition | undefined },
): Promise<readonly StoredNote[]> {
  let query = db.selectFrom("notes").selectAll().where("owner", "=", owner);
  if (after !== undefined) {
    query = query.where((is) =>
      is(is.refTuple("created_at", "id"), "<", is.tuple(after.createdAtMs, after.id)),
    );
  }
  const rows = await read(query.orderBy("created_at", "desc").orderBy("id", "desc").limit(limit));
  return rows.map(toNote);
}

/** Replace the text of a note. Resolves to the note as it is then, or `undefined` when the owner has no such note. */
export function replaceNoteBody(
  store: NoteDatabase,
  owner: string,
  { id, body }: { readonly id: string; readonly body: string },
): Promise<StoredNote | undefined> {
  return changeNotes(store, owner, replaceBody(store, { owner, id, body }));
}

function* replaceBody(
  { db }: NoteDatabase,
  { owner, id, body }: { readonly owner: string; readonly id: string; readonly body: string },
): Change<StoredNote | undefined> {
  const own = db.selectFrom("notes").selectAll().where("id", "=", id).where("owner", "=", owner);
  const [row] = yield* rowsOf(own);
  if (row === undefined) {
    return undefined;
  }
  const changed = toNote({ ...row, body });
  const [sequence = 0] = yield* insertNoteEvents(db, "updated", [changed]);
  yield db.updateTable("notes").set({ body, sequence }).where("id", "=", id).compile();
  return { ...changed, sequence };
}

/** Delete a note. Resolves to `false` when the owner has no such note. */
export function deleteNote(store: NoteDatabase, owner: string, id: string): Promise<boolean> {
  return changeNotes(store, owner, deleteOwn(store, owner, id));
}

function* deleteOwn({ db }: NoteDatabase, owner: string, id: string): Change<boolean> {
  const own = db.deleteFrom("notes").where("id", "=", id).where("owner", "=", owner).returningAll();
  const [row] = yield* rowsOf(own);
  if (row === undefined) {
    return false;
  }
  yield* insertNoteEvents(db, "deleted", [toNote(row)]);
  return true;
}

function changeNotes<T>(store: NoteDatabase, owner: string, change: Change<T>): Promise<T> {
  return store.change(lockOwner(store, owner, change));
}

/**
 * Postgres numbers events when they are inserted and shows them when they are committed. One writer of an owner at a
 * time makes the two orders the same, so that no watcher steps over an event. SQLite has one writer anyway.
 */
function* lockOwner<T>({ db, dialect }: NoteDatabase, owner: string, change: Change<T>): Change<T> {
  if (dialect === "postgres") {
    yield sql`select pg_advisory_xact_lock(${OWNER_LOCK}::int, hashtext(${owner}))`.compile(db);
  }
  return yield* change;
}

function toNote({ created_at, id, owner, title, body, sequence }: Row): StoredNote {
  return { id, owner, title, body, sequence, createdAtMs: created_at };
}

function toRow({ createdAtMs, id, owner, title, body, sequence }: StoredNote): Row {
  return { id, owner, title, body, sequence, created_at: createdAtMs };
}

type Row = Selectable<NoteTable>;
