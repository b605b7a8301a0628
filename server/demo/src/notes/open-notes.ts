import type { NoteDatabase } from "./note-database.ts";
import { makeNoteTables } from "./note-tables.ts";
import { openSqliteNotes } from "./sqlite-notes.ts";

/** Where the notes are: in the database of the issuer, in tables of their own. */
export type NoteLocation =
  /** The file of a SQLite database. */
  | { readonly sqlite: string }
  /** A Postgres database, as `postgres://user:password@host:port/name`. */
  | { readonly postgres: string };

/**
 * Open the demo's tables in a database that the issuer has made, and make them when they are missing.
 *
 * @throws AuthError `AUTH_UNAVAILABLE` when the database cannot be reached
 * @throws Error when there is no database, or its tables are those of a newer demo
 */
export async function openNoteDatabase(location: NoteLocation): Promise<NoteDatabase> {
  const database = await openLocation(location);
  try {
    await database.change(makeNoteTables(database));
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  return database;
}

async function openLocation(location: NoteLocation): Promise<NoteDatabase> {
  if ("sqlite" in location) return openSqliteNotes(location.sqlite);
  // Loaded only when it is asked for: with SQLite, nothing needs pg.
  const { openPostgresNotes } = await import("./postgres-notes.ts");
  return openPostgresNotes(location.postgres);
}
