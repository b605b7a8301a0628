import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { latestNoteSequences, listNoteEvents } from "../../../server/demo/src/notes/note-events.ts";
import { findNote, insertNotes, listNotes } from "../../../server/demo/src/notes/notes.ts";
import { openNoteDatabase } from "../../../server/demo/src/notes/open-notes.ts";
import { openDatabase, type Store } from "../../../server/issuer/src/store/database.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";
import { describeDatabases, describeNotes, type NewDatabase } from "./note-databases.ts";

const NOTE = { id: "n", owner: "ada", title: "t", body: "b", createdAtMs: 1_790_000_000_123 };
const OF_ADA = { afterSequence: 0, limit: 10 };

/** Make the tables of notes and a note in them, as the issuer of release 0.1 and its demo did. */
async function makeNotesOfFirstRelease({ db, dialect }: Store): Promise<void> {
  const identity =
    dialect === "sqlite"
      ? "integer primary key autoincrement"
      : "bigint primary key generated always as identity";
  for (const statement of [
    `create table "notes" ("id" text primary key, "owner" text not null, "title" text not null,
      "body" text not null, "sequence" bigint not null, "created_at" bigint not null)`,
    `create index "notes_of_owner" on "notes" ("owner", "created_at", "id")`,
    `create table "note_events" ("sequence" ${identity}, "owner" text not null, "kind" text not null,
      "note_id" text not null, "title" text not null, "body" text not null, "note_created_at" bigint not null)`,
    `create index "note_events_of_owner" on "note_events" ("owner", "sequence")`,
    `insert into note_events (owner, kind, note_id, title, body, note_created_at)
      values ('ada', 'created', 'old', 'before', '', 1)`,
    `insert into notes values ('old', 'ada', 'before', '', 1, 1)`,
  ]) {
    await sql.raw(statement).execute(db);
  }
}

/** Which tables of the demo there are. */
async function listDemoTables({ db, dialect }: Store): Promise<readonly string[]> {
  const listing =
    dialect === "sqlite"
      ? sql<{ name: string }>`select name from sqlite_master where type = 'table'`
      : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'public'`;
  const { rows } = await listing.execute(db);
  return rows.map(({ name }) => name).filter((name) => /note|demo/.test(name));
}

async function withIssuer<T>({ location }: NewDatabase, use: (store: Store) => Promise<T>): Promise<T> {
  await using store = await openDatabase(location);
  return await use(store);
}

describeDatabases("the demo's tables", (create) => {
  it("are not made by the issuer, and are made by the first demo on its database", async () => {
    await using database = await create();
    expect(await withIssuer(database, listDemoTables)).toEqual([]);
    for (const found of [[], [NOTE.id]]) {
      await using store = await openNoteDatabase(database.location);
      const notes = await listNotes(store, "ada", { limit: 10, after: undefined });
      expect(notes.map(({ id }) => id)).toEqual(found);
      if (found.length === 0) {
        await insertNotes(store, "ada", [NOTE]);
      }
    }
    const tables = await withIssuer(database, listDemoTables);
    expect(tables.filter((name) => name !== "sqlite_sequence").toSorted()).toEqual([
      "demo_schema_version",
      "note_events",
      "notes",
    ]);
  });

  it("are taken over, with what is in them, from a database that the issuer of release 0.1 has made", async () => {
    await using database = await create();
    await withIssuer(database, makeNotesOfFirstRelease);
    for (const index of [1, 2]) {
      await using store = await openNoteDatabase(database.location);
      expect(await findNote(store, "old")).toMatchObject({ owner: "ada", title: "before", sequence: 1 });
      await insertNotes(store, "ada", [{ ...NOTE, id: `new-${index}` }]);
      expect(await latestNoteSequences(store, ["ada"])).toEqual(new Map([["ada", 1 + index]]));
    }
    // The issuer goes on with its own.
    await withIssuer(database, (store) => store.db.selectFrom("accounts").selectAll().execute());
  });

  it("of a newer demo are refused and left as they are", async () => {
    await using database = await create();
    await withIssuer(database, () => Promise.resolve());
    await (await openNoteDatabase(database.location))[Symbol.asyncDispose]();
    await withIssuer(database, ({ db }) => sql`update demo_schema_version set version = 2`.execute(db));
    await expect(openNoteDatabase(database.location)).rejects.toThrow(
      "the demo's tables in this database have version 2, and this demo works with 1: use the release that made them",
    );
  });

  it("are made once when several demos start at the same time", async () => {
    await using database = await create();
    await withIssuer(database, () => Promise.resolve());
    const stores = await Promise.all(Array.from({ length: 4 }, () => openNoteDatabase(database.location)));
    for (const store of stores) {
      expect(await store.read(store.db.selectFrom("demo_schema_version").selectAll())).toEqual([
        { version: 1 },
      ]);
      await store[Symbol.asyncDispose]();
    }
  });
});

describeNotes("the demo's tables", (open) => {
  it("keep times beyond 32 bits, and sequences that only grow, as numbers", async () => {
    await using store = await open();
    await insertNotes(store, "ada", [NOTE]);
    await store.change(
      (function* () {
        yield store.db.deleteFrom("note_events").compile();
        yield store.db.deleteFrom("notes").compile();
      })(),
    );
    await insertNotes(store, "ada", [NOTE]);
    const [event, ...others] = await listNoteEvents(store, "ada", OF_ADA);
    expect(event).toEqual({ kind: "created", note: { ...NOTE, sequence: 2 } });
    expect(others).toEqual([]);
  });

  it("hold nothing of a change that fails half-way", async () => {
    await using store = await open();
    const taken = [{ ...NOTE, id: "a" }, NOTE, NOTE];
    await expect(insertNotes(store, "ada", taken)).rejects.toThrow(/unique|duplicate/i);
    expect(await listNoteEvents(store, "ada", OF_ADA)).toEqual([]);
    await insertNotes(store, "ada", [NOTE]);
    expect(await listNotes(store, "ada", { limit: 10, after: undefined })).toHaveLength(1);
  });
});

it("a change waits for a transaction of the issuer in the same process, and stops it not even for a turn", async () => {
  await using folder = await createTemporaryFolder(databaseParent());
  await using issuer = await openDatabase({ sqlite: databaseIn(folder.path) });
  await using store = await openNoteDatabase({ sqlite: join(folder.path, "countersign.db") });
  const hasBegun = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const settled: string[] = [];
  const settle = (what: string) => () => void settled.push(what);
  const transaction = issuer.db
    .transaction()
    .execute(async (trx) => {
      await trx.insertInto("store_settings").values({ name: "a", value: "b" }).execute();
      hasBegun.resolve();
      await mayEnd.promise;
    })
    .then(settle("issuer"));
  await hasBegun.promise;
  const change = insertNotes(store, "ada", [NOTE]).then(settle("note"));
  for (let turn = 0; turn < 100; turn += 1) {
    await nextTurn();
  }
  expect(settled).toEqual([]);
  mayEnd.resolve();
  await Promise.all([transaction, change]);
  expect(settled).toEqual(["issuer", "note"]);
});

it("notes and the issuer's writes, many at the same time in one process, all come to their end", async () => {
  await using folder = await createTemporaryFolder(databaseParent());
  await using issuer = await openDatabase({ sqlite: databaseIn(folder.path) });
  await using store = await openNoteDatabase({ sqlite: join(folder.path, "countersign.db") });
  const count = 50;
  const indexes = Array.from({ length: count }, (_, index) => index);
  await Promise.all(
    indexes.flatMap((index) => [
      issuer.db.transaction().execute(async (trx) => {
        await trx
          .insertInto("store_settings")
          .values({ name: `${index}`, value: "" })
          .execute();
        await trx.updateTable("store_settings").set({ value: "b" }).where("name", "=", `${index}`).execute();
      }),
      issuer.write((db) =>
        db
          .insertInto("store_settings")
          .values({ name: `w${index}`, value: "" })
          .execute(),
      ),
      insertNotes(store, "ada", [{ ...NOTE, id: `${index}` }]),
    ]),
  );
  expect(await latestNoteSequences(store, ["ada"])).toEqual(new Map([["ada", count]]));
  expect(await issuer.db.selectFrom("store_settings").selectAll().execute()).toHaveLength(2 * count);
});

it("without a database of the issuer, the demo makes none", async () => {
  await using folder = await createTemporaryFolder();
  const file = join(folder.path, "countersign.db");
  await expect(openNoteDatabase({ sqlite: file })).rejects.toThrow(
    `there is no database ${file}: start the issuer on it first`,
  );
  await expect(openNoteDatabase({ sqlite: file })).rejects.toThrow("there is no database");
});
