import type { IssuerStoreLocation } from "@countersign/issuer";
import type { NoteDatabase } from "./note-database.ts";
import { makeNoteTables } from "./note-tables.ts";
import { openSqliteNotes } from "./sqlite-notes.ts";

/**
 * Open the demo's tables in a database that the issuer has made, and make them when they are missing.
 *
 * @throws AuthError `AUTH_UNAVAILABLE` when the database cannot be reached
 * @throws Error when there is no database, or its tables are those of a newer demo
 */
export async function openNoteDatabase(location: IssuerStoreLocation): Promise<NoteDatabase> {
  const database = await openLocation(location);
  try {
    await database.change(makeNoteTables(database));
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  return database;
}

async function openLocation(location: IssuerStoreLocation): Promise<NoteDatabase> {
  if ("sqlite" in location) {
    return openSqliteNotes(location.sqlite);
  }
  // Loaded only when it is asked for: with SQLite, nothing needs pg.
  const { openPostgresNotes } = await import("./postgres-notes.ts");
  return openPostgresNotes(location.postgres);
}
