import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import type { NoteDatabase } from "../../../server/demo/src/notes/note-database.ts";
import { type NoteLocation, openNoteDatabase } from "../../../server/demo/src/notes/open-notes.ts";
import { openDatabase, type StoreLocation } from "../../../server/issuer/src/store/database.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";

/** The same new database, as the issuer and the demo name it. */
export interface NewDatabase extends AsyncDisposable {
  readonly issuer: StoreLocation;
  readonly demo: NoteLocation;
}

/** Run the same tests on both kinds of database. `create` makes an empty one, for `await using`. */
export function describeDatabases(name: string, body: (create: () => Promise<NewDatabase>) => void): void {
  describe(`${name} (SQLite)`, () =>
    body(async () => {
      const { path, [Symbol.asyncDispose]: remove } = await createTemporaryFolder(databaseParent());
      const demo = { sqlite: join(path, "countersign.db") };
      return { issuer: demo, demo, [Symbol.asyncDispose]: remove };
    }));
  describe(`${name} (Postgres)`, () => {
    let server: TestPostgres;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.[Symbol.asyncDispose]());
    body(async () => {
      const url = await server.createDatabase();
      return {
        issuer: { postgres: url },
        demo: { postgres: url },
        [Symbol.asyncDispose]: async () => undefined,
      };
    });
  });
}

/** Run the same tests on the demo's tables in both kinds of database. `open` makes empty ones, for `await using`. */
export function describeNotes(name: string, body: (open: () => Promise<NoteDatabase>) => void): void {
  describeDatabases(name, (create) =>
    body(async () => {
      await using stack = new AsyncDisposableStack();
      const { issuer, demo } = stack.use(await create());
      await (await openDatabase(issuer)).close();
      const database = stack.use(await openNoteDatabase(demo));
      const kept = stack.move();
      return { ...database, [Symbol.asyncDispose]: () => kept.disposeAsync() };
    }),
  );
}
