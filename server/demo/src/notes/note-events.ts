import { type Change, type NoteDatabase, rowsOf } from "./note-database.ts";

/** A note that is to be written. */
export interface NewNote {
  readonly id: string;
  readonly owner: string;
  readonly title: string;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** A note. */
export interface StoredNote extends NewNote {
  /** The sequence of its last event. */
  readonly sequence: number;
}

/** What happened to a note. */
export type NoteEventKind = "created" | "updated" | "deleted";

/** One change to a note. */
export interface StoredNoteEvent {
  readonly kind: NoteEventKind;
  /** The note after the change, or before it was deleted; its sequence is the event's. */
  readonly note: StoredNote;
}

/** List the events of one owner after a sequence, in their order, at most `limit` of them. */
export async function listNoteEvents(
  { db, read }: NoteDatabase,
  owner: string,
  { afterSequence, limit }: { readonly afterSequence: number; readonly limit: number },
): Promise<readonly StoredNoteEvent[]> {
  const rows = await read(
    db
      .selectFrom("note_events")
      .selectAll()
      .where("owner", "=", owner)
      .where("sequence", ">", afterSequence)
      .orderBy("sequence")
      .limit(limit),
  );
  return rows.map(({ sequence, kind, note_id, title, body, note_created_at }) => ({
    // Only this file writes kinds.
    kind: kind as NoteEventKind,
    note: { id: note_id, owner, title, body, sequence, createdAtMs: note_created_at },
  }));
}

/** Read the last sequence of each of these owners; those without any event are left out. */
export async function latestNoteSequences(
  { db, read }: NoteDatabase,
  owners: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await read(
    db
      .selectFrom("note_events")
      .select(({ fn }) => ["owner", fn.max("sequence").as("sequence")])
      .where("owner", "in", owners)
      .groupBy("owner"),
  );
  return new Map(rows.map(({ owner, sequence }) => [owner, sequence]));
}

/** Write the events of a change that holds the owner's lock. @returns their sequences, in the order of the notes */
export function* insertNoteEvents(
  db: NoteDatabase["db"],
  kind: NoteEventKind,
  notes: readonly NewNote[],
): Change<readonly number[]> {
  const events = notes.map(({ id, owner, title, body, createdAtMs }) => ({
    owner,
    kind,
    note_id: id,
    title,
    body,
    note_created_at: createdAtMs,
  }));
  const rows = yield* rowsOf(db.insertInto("note_events").values(events).returning(["note_id", "sequence"]));
  // Neither database promises the order of RETURNING.
  const sequences = new Map(rows.map(({ note_id, sequence }) => [note_id, sequence]));
  return notes.map(({ id }) => sequences.get(id) ?? 0);
}
