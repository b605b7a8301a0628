import { readdirSync, readlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Kysely } from "kysely";
import { expect, it, test } from "vitest";
import { createBusyRetry } from "../../../server/issuer/src/store/busy-retry.ts";
import { openDatabase, type Store } from "../../../server/issuer/src/store/database.ts";
import type { Schema } from "../../../server/issuer/src/store/schema.ts";
import { openSqlite } from "../../../server/issuer/src/store/sqlite.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { createTestClock } from "../../support/test-clock.ts";

const lease = (name: string) => ({ name, holder: "h", expires_at: 1 });

const insert = (store: Store, name: string) =>
  store.write((db) => db.insertInto("leases").values(lease(name)).execute());

const names = async (store: Store) =>
  (await store.db.selectFrom("leases").select("name").orderBy("name").execute()).map(({ name }) => name);

/** Write, and hold the lock until `until` resolves. */
const hold = (store: Store, name: string, until: Promise<unknown>) =>
  store.db.transaction().execute(async (trx) => {
    await trx.insertInto("leases").values(lease(name)).execute();
    await until;
  });

/** An error as SQLite throws it. */
const sqliteError = (errcode: number) =>
  Object.assign(new Error("database is locked"), { code: "ERR_SQLITE_ERROR", errcode });

it("lets two connections of one process write in turns, each waiting outside of SQLite", async () => {
  await using folder = await createTemporaryFolder();
  const outages: unknown[] = [];
  const onOutage = (cause: unknown) => void outages.push(cause);
  await using one = await openDatabase({ sqlite: databaseIn(folder.path) }, { onOutage });
  await using other = await openDatabase({ sqlite: databaseIn(folder.path) }, { onOutage });
  const released = Promise.withResolvers<string>();
  const held = hold(one, "a", released.promise);
  const waiting = [insert(other, "b"), other.db.insertInto("leases").values(lease("c")).execute()];
  // The one that waits must not keep this turn from coming: it is what ends the wait.
  for (let turn = 0; turn < 20; turn += 1) {
    await nextTurn();
  }
  released.resolve("go");
  await Promise.all([held, ...waiting]);
  expect(await names(one)).toEqual(["a", "b", "c"]);
  expect(outages).toEqual([]);
});

it("opens a new file several times at once", async () => {
  await using folder = await createTemporaryFolder();
  const open = () => openDatabase({ sqlite: databaseIn(folder.path) });
  const stores = await Promise.all([open(), open(), open(), open()]);
  await Promise.all(stores.map((store, index) => insert(store, String(index))));
  for (const store of stores) {
    expect(await names(store)).toEqual(["0", "1", "2", "3"]);
  }
  await Promise.all(stores.map((store) => store.close()));
});

it("refuses writes after the lock was held for 5 s, all of the queue with the first, and works on afterwards", async () => {
  await using folder = await createTemporaryFolder();
  const file = databaseIn(folder.path);
  await using one = await openDatabase({ sqlite: file });
  const clock = createTestClock();
  await using other = new Kysely<Schema>({ dialect: await openSqlite(file, { clock }) });
  const write = (name: string) => other.insertInto("leases").values(lease(name)).execute();
  const released = Promise.withResolvers<string>();
  const held = hold(one, "a", released.promise);
  await nextTurn();
  let refused = 0;
  const queue = ["b", "c", "d"].map((name) =>
    write(name).catch((error: unknown) => {
      refused += 1;
      return error;
    }),
  );
  for (let passedMs = 0; passedMs < 5_500; passedMs += 1) {
    clock.advance(1);
    await nextTurn();
  }
  expect(refused).toBe(3);
  const outage = { reason: "AUTH_UNAVAILABLE", message: "the store cannot be used just now" };
  expect(await Promise.all(queue)).toEqual(queue.map(() => expect.objectContaining(outage) as unknown));
  released.resolve("go");
  await held;
  await write("e");
  expect(await names(one)).toEqual(["a", "e"]);
});

/** Attempts that find the database locked until `isFree`, timed by a clock of the test. */
function createLocked(errcode = 5) {
  const clock = createTestClock();
  const retry = createBusyRetry(clock);
  const state = { isFree: false, attempts: 0, settled: "no" };
  const tryOnce = (): void => {
    state.attempts += 1;
    if (!state.isFree) {
      throw sqliteError(errcode);
    }
  };
  const attempt = async (): Promise<void> => {
    const outcome = await retry(tryOnce).then(
      () => "done",
      () => "refused",
    );
    state.settled = outcome;
  };
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1) {
      clock.advance(1);
      await nextTurn();
    }
  };
  return { state, attempt, pass };
}

test("an attempt is repeated every few milliseconds, for 5 s and no longer", async () => {
  const { state, attempt, pass } = createLocked();
  void attempt();
  await pass(4_900);
  expect(state.settled).toBe("no");
  expect(state.attempts).toBeGreaterThan(900);
  await pass(200);
  expect(state.settled).toBe("refused");
  // The same lock: those behind in the queue wait for a moment only.
  void attempt();
  await pass(200);
  expect(state.settled).toBe("refused");
  state.settled = "no";
  void attempt();
  await pass(10);
  state.isFree = true;
  await pass(10);
  expect(state.settled).toBe("done");
  // Another lock: from the beginning.
  Object.assign(state, { isFree: false, settled: "no" });
  void attempt();
  await pass(4_900);
  expect(state.settled).toBe("no");
});

test("a lock that was met long ago is another one", async () => {
  const { state, attempt, pass } = createLocked();
  void attempt();
  await pass(5_200);
  expect(state.settled).toBe("refused");
  await pass(1_100);
  state.settled = "no";
  void attempt();
  await pass(4_900);
  expect(state.settled).toBe("no");
});

test.each([
  { name: "that reads what has changed since", errcode: 517 },
  { name: "of a full disk", errcode: 13 },
])("an attempt $name is not repeated", async ({ errcode }) => {
  const { state, attempt } = createLocked(errcode);
  await attempt();
  expect(state).toMatchObject({ settled: "refused", attempts: 1 });
});

test.skipIf(process.platform !== "linux")("a file that is no database is not left open", async () => {
  await using folder = await createTemporaryFolder();
  const file = join(folder.path, "notes.txt");
  await writeFile(file, "no database".repeat(1_000));
  await expect(openDatabase({ sqlite: file })).rejects.toThrow("file is not a database");
  const open = readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      // The descriptor that has listed the folder is closed by now.
      return "";
    }
  });
  expect(open).not.toContain(file);
});
