import type { Compilable, CompiledQuery, Kysely } from "kysely";
import type { NoteSchema } from "./note-schema.ts";

/**
 * The statements of one change, one after the other. The database answers each with its rows.
 *
 * A generator, so that both databases run the same statements: Postgres with a wait behind each, SQLite in one go (see
 * `openSqliteNotes`).
 */
export type Change<T> = Generator<CompiledQuery, T, readonly unknown[]>;

/** The open tables of the demo. */
export interface NoteDatabase extends AsyncDisposable {
  readonly dialect: "sqlite" | "postgres";
  /** Builds statements. `read` and `change` run them. */
  readonly db: Kysely<NoteSchema>;
  /** Run one statement that only reads. @throws AuthError `AUTH_UNAVAILABLE` while the database cannot be used */
  readonly read: <Row>(statement: Compilable<Row>) => Promise<readonly Row[]>;
  /** Run all statements of a change, or none. @throws AuthError `AUTH_UNAVAILABLE` as `read` does */
  readonly change: <T>(statements: Change<T>) => Promise<T>;
}

/** Run a statement of a change, and read its rows. */
export function* rowsOf<Row>(statement: Compilable<Row>): Change<readonly Row[]> {
  // Kysely has compiled the statement for rows of this type.
  return (yield statement.compile()) as readonly Row[];
}
