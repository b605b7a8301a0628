import { join } from "node:path";
import type { IssuerStoreLocation } from "@countersign/issuer";
import { afterAll, beforeAll, describe } from "vitest";
import type { NoteDatabase } from "../../../server/demo/src/notes/note-database.ts";
import { openNoteDatabase } from "../../../server/demo/src/notes/open-notes.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";

/** A new database, which only the issuer makes. */
export interface NewDatabase extends AsyncDisposable {
  readonly location: IssuerStoreLocation;
}

/** Run the same tests on both kinds of database. `create` makes an empty one, for `await using`. */
export function describeDatabases(name: string, body: (create: () => Promise<NewDatabase>) => void): void {
  describe(`${name} (SQLite)`, () =>
    body(async () => {
      const { path, [Symbol.asyncDispose]: remove } = await createTemporaryFolder(databaseParent());
      return { location: { sqlite: join(path, "auth.db") }, [Symbol.asyncDispose]: remove };
    }));
  describe(`${name} (Postgres)`, () => {
    let server: TestPostgres;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.[Symbol.asyncDispose]());
    body(async () => {
      const location = { postgres: await server.createDatabase() };
      return { location, [Symbol.asyncDispose]: () => Promise.resolve() };
    });
  });
}

/** Run the same tests on the demo's tables in both kinds of database. `open` makes empty ones, for `await using`. */
export function describeNotes(name: string, body: (open: () => Promise<NoteDatabase>) => void): void {
  describeDatabases(name, (create) =>
    body(async () => {
      await using stack = new AsyncDisposableStack();
      const { location } = stack.use(await create());
      await (await openDatabase(location)).close();
      const database = stack.use(await openNoteDatabase(location));
      const kept = stack.move();
      return { ...database, [Symbol.asyncDispose]: () => kept.disposeAsync() };
    }),
  );
}
