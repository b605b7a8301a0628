import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { openDatabase, type Store } from "../../server/issuer/src/store/database.ts";
import { startPostgres, type TestPostgres } from "./postgres.ts";
import { databaseParent } from "./temporary-folder.ts";

/** The database that the command keeps in a data folder. */
export function databaseIn(dataDir: string): string {
  return join(dataDir, "countersign.db");
}

/** Open an empty SQLite store in a folder of its own, which goes with it. */
export async function openTestSqlite(): Promise<Store> {
  const dataDir = mkdtempSync(join(databaseParent(), "countersign-db-"));
  const store = await openDatabase({ sqlite: databaseIn(dataDir) });
  const close = async (): Promise<void> => {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { ...store, close, [Symbol.asyncDispose]: close };
}

/**
 * Run the same tests on both kinds of store.
 *
 * @param name what the tests are about
 * @param body declares the tests; `open` makes an empty store, for `await using`
 */
export function describeStores(name: string, body: (open: () => Promise<Store>) => void): void {
  describe(`${name} (SQLite)`, () => body(openTestSqlite));
  describe(`${name} (Postgres)`, () => {
    let server: TestPostgres | undefined;
    let migrated: string | undefined;
    beforeAll(async () => {
      server = await startPostgres();
      migrated = await server.createDatabase();
      await (await openDatabase({ postgres: migrated })).close();
    });
    afterAll(() => server?.[Symbol.asyncDispose]());
    body(async () => {
      if (server === undefined) {
        throw new Error("Postgres is not running");
      }
      return openDatabase({ postgres: await server.createDatabase(migrated) });
    });
  });
}
