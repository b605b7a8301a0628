import { sql } from "kysely";
import { expect, test } from "vitest";
import type { StoreQuery } from "../../../server/gate/src/kernel/observe.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

test("queries are observed by what they do and to which table, also when they fail", async () => {
  await using folder = await createTemporaryFolder();
  const queries: StoreQuery[] = [];
  await using store = await openDatabase(
    { sqlite: databaseIn(folder.path) },
    { onQuery: (query) => void queries.push(query) },
  );
  const { db } = store;
  queries.length = 0;
  await db.selectFrom("accounts").selectAll().where("username", "=", "ada").execute();
  await db.selectFrom(["accounts", "clients"]).select("accounts.subject").execute();
  await db.updateTable("sessions").set({ generation: 1 }).execute();
  await db.deleteFrom("clients").execute();
  await sql`select 'a secret'`.execute(db);
  await expect(sql`select secret from nowhere`.execute(db)).rejects.toThrow();
  await db.transaction().execute(async (trx) => {
    await expect(trx.insertInto("leases").defaultValues().execute()).rejects.toThrow();
  });
  expect(queries).toEqual(
    [
      { operation: "select", table: "accounts", result: "answered" },
      { operation: "select", table: undefined, result: "answered" },
      { operation: "update", table: "sessions", result: "answered" },
      { operation: "delete", table: "clients", result: "answered" },
      { operation: "other", table: undefined, result: "answered" },
      { operation: "other", table: undefined, result: "failed" },
      { operation: "transaction", table: undefined, result: "answered" },
      { operation: "insert", table: "leases", result: "failed" },
      { operation: "transaction", table: undefined, result: "answered" },
    ].map((query) => ({ ...query, microseconds: expect.any(Number) })),
  );
  expect(JSON.stringify(queries)).not.toMatch(/ada|secret|nowhere/);
});
