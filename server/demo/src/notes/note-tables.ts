import { sql } from "kysely";
import { type Change, type NoteDatabase, rowsOf } from "./note-database.ts";

/** The version that this program makes and works with. */
const VERSION = 1;

/** The lock that one demo at a time holds on Postgres while it makes the tables. No other lock here has the number. */
const TABLES_LOCK = 5_211_511;

/**
 * Make the tables that are missing.
 *
 * Up to release 0.1 the first step of the issuer made both tables of notes, without a version: they have the form of
 * version 1, and are taken over with what is in them.
 *
 * @throws Error when a newer demo has made the tables
 */
export function* makeNoteTables({ db, dialect }: Pick<NoteDatabase, "db" | "dialect">): Change<void> {
  if (dialect === "postgres") {
    yield sql`select pg_advisory_xact_lock(${sql.lit(TABLES_LOCK)})`.compile(db);
  }
  yield db.schema
    .createTable("demo_schema_version")
    .ifNotExists()
    .addColumn("version", "integer", (column) => column.notNull())
    .compile();
  const [found] = yield* rowsOf(db.selectFrom("demo_schema_version").select("version"));
  if (found === undefined) {
    yield* makeNotes(db);
    yield* makeNoteEvents(db, dialect);
    yield db.insertInto("demo_schema_version").values({ version: VERSION }).compile();
  } else if (found.version !== VERSION) {
    throw new Error(
      `the demo's tables in this database have version ${found.version}, and this demo works with ${VERSION}: ` +
        "use the release that made them, or a newer one",
    );
  }
}

function* makeNotes({ schema }: NoteDatabase["db"]): Change<void> {
  yield schema
    .createTable("notes")
    .ifNotExists()
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .compile();
  yield schema
    .createIndex("notes_of_owner")
    .ifNotExists()
    .on("notes")
    .columns(["owner", "created_at", "id"])
    .compile();
}

function* makeNoteEvents({ schema }: NoteDatabase["db"], dialect: NoteDatabase["dialect"]): Change<void> {
  yield schema
    .createTable("note_events")
    .ifNotExists()
    .addColumn("sequence", dialect === "sqlite" ? "integer" : "bigint", (column) =>
      // AUTOINCREMENT: SQLite would otherwise give the number of a deleted last row out again.
      dialect === "sqlite"
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("note_id", "text", (column) => column.notNull())
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("note_created_at", "bigint", (column) => column.notNull())
    .compile();
  yield schema
    .createIndex("note_events_of_owner")
    .ifNotExists()
    .on("note_events")
    .columns(["owner", "sequence"])
    .compile();
}
