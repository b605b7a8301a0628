import { expect, it } from "vitest";
import { ADVISORY_LOCKS, lockUntilCommit } from "../../../server/issuer/src/store/advisory-locks.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { readSources } from "../../architecture/source-tree.ts";
import { startPostgres } from "../../support/postgres.ts";

it("every advisory lock of the server is another, and a lock is taken only where its number is given", () => {
  const files = readSources(["server/*/src/**/*.ts"]).filter(({ text }) => text.includes("advisory"));
  expect(files.map(({ path }) => path)).toContain("server/issuer/src/store/advisory-locks.ts");
  const taking = files.filter(({ text }) => text.includes("pg_advisory")).map(({ path }) => path);
  expect(taking).toEqual([
    ...["server/demo/src/notes/note-tables.ts", "server/demo/src/notes/notes.ts"],
    "server/issuer/src/store/advisory-locks.ts",
    // Pairs of numbers that are made of the names of channels, and shared.
    "server/issuer/src/store/channel-locks.ts",
  ]);
  const numbers = files.flatMap(({ text }) => {
    const isPair = /pg_\w*advisory\w*\([^)]*::int, /.test(text);
    return [...text.matchAll(/\b5_211_\d{3}\b/g)].map(
      ([number]) => `${number}${isPair ? " and another" : ""}`,
    );
  });
  expect(numbers.length).toBeGreaterThanOrEqual(4);
  expect(new Set(numbers).size).toBe(numbers.length);
});

it("no lock changes its number: the release before excludes this one by it", () => {
  expect(ADVISORY_LOCKS).toEqual({ migrations: 5_211_501, revocations: 5_211_502 });
});

it("a lock keeps others from it until its transaction is over", async () => {
  await using postgres = await startPostgres();
  await using store = await openDatabase({ postgres: await postgres.createDatabase() });
  const order: string[] = [];
  const isHeld = Promise.withResolvers<void>();
  const isAsked = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const first = store.db.transaction().execute(async (db) => {
    await lockUntilCommit(db, store.dialect, "revocations");
    isHeld.resolve();
    await mayEnd.promise;
    order.push("first");
  });
  await isHeld.promise;
  const second = store.db.transaction().execute(async (db) => {
    isAsked.resolve();
    await lockUntilCommit(db, store.dialect, "revocations");
    order.push("second");
  });
  // The second has its connection: without the lock, it would be through before the one that has another lock.
  await isAsked.promise;
  await store.db.transaction().execute((db) => lockUntilCommit(db, store.dialect, "migrations"));
  mayEnd.resolve();
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second"]);
});
