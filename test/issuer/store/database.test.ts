import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { openDatabase, type Store } from "../../../server/issuer/src/store/database.ts";
import { startPostgres } from "../../support/postgres.ts";
import { databaseIn, describeStores } from "../../support/stores.ts";

const revocation = {
  ...{ dimension: "sid", value: "a", issued_before: null, revoked_at: 1, reason: "signed_out" },
  ...{ expires_at: 2, issuer: "" },
};

describeStores("an open store", (open) => {
  it("gives sequences that only grow, as numbers", async () => {
    await using store = await open();
    const insert = () =>
      store.db.insertInto("revocations").values(revocation).returning("id").executeTakeFirstOrThrow();
    const first = await insert();
    await store.db.deleteFrom("revocations").execute();
    const second = await insert();
    expect([first.id, second.id]).toEqual([1, 2]);
  });

  it("keeps times beyond 32 bits exactly", async () => {
    await using store = await open();
    const at = 1_790_000_000_123;
    await store.db
      .insertInto("revocations")
      .values({ ...revocation, revoked_at: at })
      .execute();
    const row = await store.db.selectFrom("revocations").select("revoked_at").executeTakeFirstOrThrow();
    expect(row.revoked_at).toBe(at);
  });

  it("allows one active signing key and one next", async () => {
    await using store = await open();
    const insert = (kid: string, state: string) =>
      store.db
        .insertInto("signing_keys")
        .values({ kid, state, algorithm: "ES256", public_jwk: "{}", created_at: 1 })
        .execute();
    await insert("a", "active");
    await insert("b", "next");
    await insert("c", "retired");
    await insert("d", "retired");
    await expect(insert("e", "active")).rejects.toThrow(/unique/i);
    await expect(insert("f", "next")).rejects.toThrow(/unique/i);
  });

  it("rolls a failed transaction back", async () => {
    await using store = await open();
    const failing = store.db.transaction().execute(async (trx) => {
      await trx.insertInto("revocations").values(revocation).execute();
      throw new Error("stop");
    });
    await expect(failing).rejects.toThrow("stop");
    expect(await store.db.selectFrom("revocations").selectAll().execute()).toEqual([]);
  });
});

describeStores("a store that is closed", (open) => {
  it("lets the transaction under way end, and answers AUTH_UNAVAILABLE to what comes later", async () => {
    await using store = await open();
    const begun = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const insert = (db: Store["db"]) => db.insertInto("revocations").values(revocation).executeTakeFirst();
    const going = store.db.transaction().execute(async (trx) => {
      await insert(trx);
      begun.resolve();
      await closed.promise;
      return insert(trx);
    });
    await begun.promise;
    // On SQLite, these wait for the one connection.
    const waiting = [1, 2].map(() => store.db.selectFrom("leases").selectAll().execute());
    const settled = Promise.allSettled(waiting);
    const closing = store.close();
    const late = Promise.allSettled([
      insert(store.db),
      store.write(insert),
      store.db.transaction().execute(insert),
      store.db.selectFrom("leases").selectAll().execute(),
    ]);
    closed.resolve();
    expect(await going).toMatchObject({ numInsertedOrUpdatedRows: 1n });
    await closing;
    const unavailable = {
      status: "rejected",
      reason: { reason: "AUTH_UNAVAILABLE", message: "the store is closed" },
    };
    expect(await late).toMatchObject([unavailable, unavailable, unavailable, unavailable]);
    for (const one of await settled) {
      expect(one.status === "fulfilled" ? unavailable : one).toMatchObject(unavailable);
    }
    await expect(insert(store.db)).rejects.toMatchObject(unavailable.reason);
  });
});

describe("openDatabase", () => {
  it("makes the data directory and the file for the owner alone, and finds its rows again", async () => {
    const parent = mkdtempSync(join(tmpdir(), "countersign-db-"));
    const dataDir = join(parent, "data");
    {
      await using store = await openDatabase({ sqlite: databaseIn(dataDir) });
      await store.db.insertInto("revocations").values(revocation).execute();
    }
    await using store = await openDatabase({ sqlite: databaseIn(dataDir) });
    expect(await store.db.selectFrom("revocations").select("value").execute()).toHaveLength(1);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, "countersign.db")).mode & 0o777).toBe(0o600);
    await store.close();
    rmSync(parent, { recursive: true });
  });

  it("refuses a database of a newer version, and says so", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "countersign-db-"));
    {
      await using store = await openDatabase({ sqlite: databaseIn(dataDir) });
      await sql`insert into schema_versions (version) values (999)`.execute(store.db);
    }
    await expect(openDatabase({ sqlite: databaseIn(dataDir) })).rejects.toThrow(
      "the database has schema version 999",
    );
    rmSync(dataDir, { recursive: true });
  });

  it("migrates once when several servers start at the same time", async () => {
    await using server = await startPostgres();
    const url = await server.createDatabase();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openDatabase({ postgres: url })));
    await Promise.all(stores.map((store) => store.close()));
  });

  it("answers AUTH_UNAVAILABLE while Postgres is down, and recovers with it", async () => {
    await using server = await startPostgres();
    await using store = await openDatabase({ postgres: await server.createDatabase() });
    const query = () => store.db.selectFrom("accounts").selectAll().execute();
    await store.db.transaction().execute(async () => {
      expect(store.connections()).toMatchObject({ used: 1, waiting: 0 });
    });
    expect(store.connections()).toMatchObject({ used: 0, idle: expect.any(Number) });
    await server.stop("crash");
    await expect(query()).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE", retryAfterMs: 1_000 });
    await server.start();
    expect(await query()).toEqual([]);
  });

  it("refuses a URL that is not one of Postgres", async () => {
    await expect(openDatabase({ postgres: "mysql://x" })).rejects.toThrow("must begin with postgres://");
  });
});
