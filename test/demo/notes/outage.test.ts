import { join } from "node:path";
import { expect, it } from "vitest";
import { insertNotes, listNotes } from "../../../server/demo/src/notes/notes.ts";
import { openNoteDatabase } from "../../../server/demo/src/notes/open-notes.ts";
import { toOutage } from "../../../server/demo/src/notes/outage.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { startPostgres } from "../../support/postgres.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

const FIRST_PAGE = { limit: 1, after: undefined };
const NOTE = { id: "n", owner: "ada", title: "t", body: "b", createdAtMs: 1 };
const OUTAGE = { reason: "AUTH_UNAVAILABLE", retryAfterMs: 1_000 };

it("clients are told to try again while Postgres is down, and are served when it is back", async () => {
  await using server = await startPostgres();
  const url = await server.createDatabase();
  await (await openDatabase({ postgres: url })).close();
  await using store = await openNoteDatabase({ postgres: url });
  await server.stop("crash");
  await expect(listNotes(store, "ada", FIRST_PAGE)).rejects.toMatchObject(OUTAGE);
  await expect(insertNotes(store, "ada", [NOTE])).rejects.toMatchObject(OUTAGE);
  await expect(openNoteDatabase({ postgres: url })).rejects.toMatchObject(OUTAGE);
  await server.start();
  await insertNotes(store, "ada", [NOTE]);
  expect(await listNotes(store, "ada", FIRST_PAGE)).toHaveLength(1);
});

it("clients are told to try again when another connection holds a SQLite database for too long", async () => {
  await using folder = await createTemporaryFolder();
  await using issuer = await openDatabase({ sqlite: databaseIn(folder.path) });
  await using store = await openNoteDatabase({ sqlite: join(folder.path, "countersign.db") });
  await issuer.db.transaction().execute(async () => {
    await expect(insertNotes(store, "ada", [NOTE])).rejects.toMatchObject(OUTAGE);
    // Who only reads does not wait.
    expect(await listNotes(store, "ada", FIRST_PAGE)).toEqual([]);
  });
  await insertNotes(store, "ada", [NOTE]);
});

const codes = [
  ...["ECONNREFUSED", "ETIMEDOUT", "08006", "53300", "57P01", "25006", "40P01"].map((code) => [code, true]),
  ...["23505", "42P01", "ERR_INVALID_ARG_TYPE", "22001"].map((code) => [code, false]),
] as const;

it.each(codes)("the code %s is one of an outage: %s", (code, isOutage) => {
  const error = Object.assign(new Error("failed"), { code });
  expect(toOutage(error) !== error).toBe(isOutage);
});
