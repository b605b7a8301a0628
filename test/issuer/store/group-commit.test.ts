import { describe, expect, it } from "vitest";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { describeStores, openTestSqlite } from "../../support/stores.ts";

const insert = (store: Store, name: string) =>
  store.write((db) =>
    db.insertInto("leases").values({ name, holder: "h", expires_at: 1 }).returning("name").executeTakeFirst(),
  );

const names = async (store: Store) =>
  (await store.db.selectFrom("leases").select("name").orderBy("name").execute()).map(({ name }) => name);

describeStores("writes of the same moment", (open) => {
  it("are all done, and each gets its own answer", async () => {
    await using store = await open();
    const wanted = Array.from({ length: 150 }, (_, index) => String(1_000 + index));
    const answers = await Promise.all(wanted.map((name) => insert(store, name)));
    expect(answers.map((row) => row?.name)).toEqual(wanted);
    expect(await names(store)).toEqual(wanted);
  });

  it("do not fail for another", async () => {
    await using store = await open();
    await insert(store, "taken");
    const results = await Promise.allSettled(["a", "taken", "b"].map((name) => insert(store, name)));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await names(store)).toEqual(["a", "b", "taken"]);
  });

  it("see what those before them have written, and go on afterwards", async () => {
    await using store = await open();
    const raise = (holder: string) =>
      store.write((db) =>
        db
          .updateTable("leases")
          .set({ holder })
          .where("name", "=", "one")
          .where("holder", "=", "h")
          .executeTakeFirst(),
      );
    await insert(store, "one");
    const [first, second] = await Promise.all([raise("x"), raise("y")]);
    expect(first.numUpdatedRows + second.numUpdatedRows).toBe(1n);
    await insert(store, "two");
    expect(await names(store)).toEqual(["one", "two"]);
  });
});

describe("writes of the same moment on SQLite", () => {
  it("share a transaction, and nothing of them is seen before it is committed", async () => {
    await using store = await openTestSqlite();
    const seen: number[] = [];
    const observe = (name: string) =>
      store.write(async (db) => {
        await db.insertInto("leases").values({ name, holder: "h", expires_at: 1 }).execute();
        seen.push((await db.selectFrom("leases").select("name").execute()).length);
        throw new Error("never mind");
      });
    await Promise.allSettled([observe("a"), observe("b")]);
    // Together: a fails, so that b is never tried with it; then each alone, on what was rolled back.
    expect(seen).toEqual([1, 1, 1]);
    expect(await names(store)).toEqual([]);
  });
});
