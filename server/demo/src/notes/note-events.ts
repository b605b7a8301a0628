import type { Store } from "@countersign/issuer";
import type { Schema } from "@countersign/issuer/internal";
import type { Kysely } from "kysely";

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
  store: Store,
  owner: string,
  { afterSequence, limit }: { readonly afterSequence: number; readonly limit: number },
): Promise<readonly StoredNoteEvent[]> {
  const rows = await store.db
    .selectFrom("note_events")
    .selectAll()
    .where("owner", "=", owner)
    .where("sequence", ">", afterSequence)
    .orderBy("sequence")
    .limit(limit)
    .execute();
  return rows.map(({ sequence, kind, note_id, title, body, note_created_at }) => ({
    // Only this file writes kinds.
    kind: kind as NoteEventKind,
    note: { id: note_id, owner, title, body, sequence, createdAtMs: note_created_at },
  }));
}

/** Read the last sequence of each of these owners; those without any event are left out. */
export async function latestNoteSequences(
  store: Store,
  owners: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await store.db
    .selectFrom("note_events")
    .select(({ fn }) => ["owner", fn.max("sequence").as("sequence")])
    .where("owner", "in", owners)
    .groupBy("owner")
    .execute();
  return new Map(rows.map(({ owner, sequence }) => [owner, sequence]));
}

/** Write the events of a change; resolves to their sequences, in the order of the notes. It belongs into a transaction that holds the owner's lock. */
export async function insertNoteEvents(
  db: Kysely<Schema>,
  kind: NoteEventKind,
  notes: readonly NewNote[],
): Promise<readonly number[]> {
  const events = notes.map(({ id, owner, title, body, createdAtMs }) => ({
    owner,
    kind,
    note_id: id,
    title,
    body,
    note_created_at: createdAtMs,
  }));
  const rows = await db.insertInto("note_events").values(events).returning(["note_id", "sequence"]).execute();
  // Neither database promises the order of RETURNING.
  const sequences = new Map(rows.map(({ note_id, sequence }) => [note_id, sequence]));
  return notes.map(({ id }) => sequences.get(id) ?? 0);
}
