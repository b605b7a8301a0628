import type { ColumnType, Generated } from "kysely";

/** Set at insert and never changed. */
type Fixed<T> = ColumnType<T, T, never>;

/** The tables of the demo, as queries see them. Times are integer milliseconds since 1970. */
export interface NoteSchema {
  readonly notes: NoteTable;
  readonly note_events: NoteEventTable;
  readonly demo_schema_version: DemoSchemaVersionTable;
}

/** The notes, as they are now. */
export interface NoteTable {
  id: Fixed<string>;
  owner: Fixed<string>;
  title: string;
  body: string;
  /** The sequence of the note's last event. */
  sequence: number;
  created_at: Fixed<number>;
}

/**
 * Every change to a note, in order.
 *
 * Postgres hands out sequences when rows are inserted, not when they are committed: a writer must hold a lock
 * of the owner until it commits, or a watcher could step over an event.
 */
interface NoteEventTable {
  sequence: Generated<number>;
  owner: Fixed<string>;
  /** `created`, `updated` or `deleted`. */
  kind: Fixed<string>;
  note_id: Fixed<string>;
  title: Fixed<string>;
  body: Fixed<string>;
  note_created_at: Fixed<number>;
}

/** The version of these tables: one row. The issuer's tables in the same database have a version of their own. */
interface DemoSchemaVersionTable {
  version: number;
}
