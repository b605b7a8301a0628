import { chmodSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { createRevocations } from "../../../server/issuer/src/revoke/revocations.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { openSqlite } from "../../../server/issuer/src/store/sqlite.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";

const OPEN_TO_ALL = /data can be changed by others: its mode is 777/;

async function startFolder() {
  const folder = await createTemporaryFolder(databaseParent());
  const data = join(folder.path, "data");
  await mkdir(data, { mode: 0o700 });
  return { data, file: databaseIn(data), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** A clock that opens the folder to all while the database is locked, and then ends the lock. */
function createMeddlingClock(data: string, lock: DatabaseSync): Clock {
  return {
    ...systemClock,
    schedule(run, delayMs, how) {
      if (lock.isOpen) {
        chmodSync(data, 0o777);
        lock.close();
      }
      return systemClock.schedule(run, delayMs, how);
    },
  };
}

test("files that others can change by the time they are open are refused, unless that is allowed", async () => {
  for (const onShared of [undefined, () => undefined]) {
    await using folder = await startFolder();
    const lock = new DatabaseSync(folder.file);
    lock.exec("begin exclusive");
    const clock = createMeddlingClock(folder.data, lock);
    const opening = openSqlite(folder.file, { clock, onShared }).then(
      () => "opened",
      (error: Error) => error.message,
    );
    expect(await opening).toMatch(onShared === undefined ? OPEN_TO_ALL : /^opened$/);
  }
});

test("a server that is not the issuer refuses a database that others can change, each time it is opened", async () => {
  await using folder = await startFolder();
  const database = { sqlite: folder.file };
  await (await openDatabase(database)).close();
  const revocations = createRevocations({ database });
  await revocations.start();
  await revocations.close();
  await chmod(folder.data, 0o777);
  const later = createRevocations({ database });
  await expect(later.start()).rejects.toThrow(OPEN_TO_ALL);
  await later.close();
  const careless = createRevocations({ database, insecure: { sharedFiles: true } });
  await careless.start();
  await careless.close();
});
