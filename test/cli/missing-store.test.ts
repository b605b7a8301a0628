import { existsSync } from "node:fs";
import { mkdir, readdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { nameStore } from "../../server/cli/src/store-name.ts";
import { startPostgres } from "../support/postgres.ts";
import { runProgram } from "../support/program.ts";
import { databaseIn } from "../support/stores.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { makeStore, makeStoreWithKeys } from "./made-store.ts";
import { recordingTerminal } from "./recording-terminal.ts";
import { startCommand } from "./running-command.ts";

const MAIN = join(import.meta.dirname, "../../server/cli/src/main.ts");

/** Run a command on a data folder to its end. */
async function run(dataDir: string, args: readonly string[]) {
  const env = { COUNTERSIGN_DATA_DIR: dataDir };
  const terminal = recordingTerminal({ env, input: "correct horse" });
  const code = await runCommand(args, terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
}

const CALLS = [
  ["user", "add", "ada"],
  ["user", "list"],
  ["user", "set", "ada", "--role", "r"],
  ["client", "add", "billing"],
  ["client", "list", "--json"],
  ["key", "list"],
  ["key", "rotate", "--force"],
  ["session", "list", "--user", "ada"],
  ["session", "revoke", "x"],
] as const;

describe("where there is no store", () => {
  test.each(CALLS.map((args) => ({ args, name: args.join(" ") })))(
    "$name makes none, and says where it looked and what to do",
    async ({ args }) => {
      await using folder = await createTemporaryFolder();
      const dataDir = join(folder.path, "typo");
      const { code, out, err } = await run(dataDir, [...args, "--audit-file", join(folder.path, "audit")]);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      const making =
        args[1] === "add" ? "make it now with --create" : "start countersign serve, which makes it";
      expect(err).toBe(
        `countersign ${args[0]} ${args[1]}: there is no database of Countersign in ${dataDir}: ` +
          `name another folder with --data-dir, or ${making}`,
      );
      expect(await readdir(folder.path)).toEqual([]);
    },
  );

  test("a user in the wrong folder is told which folder that is", async () => {
    await using folder = await createTemporaryFolder();
    const args = ["--conditions=@countersign/source", MAIN, "user", "list"];
    const { code, stdout, stderr } = await runProgram({ file: process.execPath, args, cwd: folder.path });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`in ${join(await realpath(folder.path), ".countersign")}: name another folder`);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("a database of another name in the folder is named, and left as it is", async () => {
    await using folder = await createTemporaryFolder();
    await writeFile(join(folder.path, "auth.db"), "");
    expect(await run(folder.path, ["user", "list"])).toMatchObject({
      code: 1,
      err:
        `countersign user list: there is no database of Countersign in ${folder.path} (it has auth.db, but commands ` +
        "work on countersign.db only): name another folder with --data-dir, or start countersign serve, which makes it",
    });
    expect(await readdir(folder.path)).toEqual(["auth.db"]);
    // A file where the folder should be is no reason to fail otherwise.
    expect(await run(join(folder.path, "auth.db"), ["user", "list"])).toMatchObject({ code: 1 });
  });

  test("a database of others is left as it is", async () => {
    await using folder = await createTemporaryFolder();
    await writeFile(databaseIn(folder.path), "");
    expect(await run(folder.path, ["user", "list"])).toMatchObject({
      code: 1,
      err: expect.stringContaining(`there is no database of Countersign in ${folder.path}`),
    });
  });

  test("a database of Postgres without tables gets none, unless that is asked for", async () => {
    await using postgres = await startPostgres();
    await using folder = await createTemporaryFolder();
    const store = [
      "--database-url",
      await postgres.createDatabase(),
      "--data-dir",
      join(folder.path, "data"),
    ];
    const why = "the database of --database-url has no tables of Countersign: name another database, or";
    for (const args of [
      ["user", "list"],
      ["user", "add", "ada"],
      ["key", "list"],
    ]) {
      const { code, err } = await run(folder.path, [...args, ...store]);
      const making =
        args[1] === "add" ? "make it now with --create" : "start countersign serve, which makes it";
      expect({ code, err }).toEqual({ code: 1, err: `countersign ${args[0]} ${args[1]}: ${why} ${making}` });
    }
    expect(await run(folder.path, ["user", "add", "ada", "--create", ...store])).toMatchObject({ code: 0 });
    const { out, err } = await run(folder.path, ["user", "list", ...store]);
    expect(out).toContain("ada");
    expect(err).toMatch(/^store: postgres:\/\/[^@]+$/);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("user add and client add make it when they are asked to", async () => {
    for (const args of [
      ["user", "add", "ada"],
      ["client", "add", "billing"],
    ]) {
      await using folder = await createTemporaryFolder();
      const dataDir = join(folder.path, "data");
      expect(await run(dataDir, [...args, "--create"])).toMatchObject({ code: 0 });
      expect(await readdir(dataDir)).toEqual(["countersign.db"]);
    }
  });

  const refused = [
    { args: ["ada"], input: "short", why: "a password must have at least 8 characters" },
    { args: ["ada"], input: "correct horse\ncorrect horse\n", why: "standard input has more than one line" },
    { args: ["ada", "--scope", "a b"], input: "correct horse", why: "a scope or role must be" },
    { args: [" ada"], input: "correct horse", why: "a username must not begin or end with a space" },
  ];
  test.each(refused)("user add --create makes none for an account that is refused: $why", async (refusal) => {
    await using folder = await createTemporaryFolder();
    const terminal = recordingTerminal({
      env: { COUNTERSIGN_DATA_DIR: join(folder.path, "data") },
      input: refusal.input,
    });
    expect(await runCommand(["user", "add", ...refusal.args, "--create"], terminal)).toBe(1);
    expect(terminal.warned).toEqual([expect.stringContaining(`countersign user add: ${refusal.why}`)]);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("serve makes it, and says so", async () => {
    await using folder = await createTemporaryFolder();
    const dataDir = join(folder.path, "data");
    const args = ["serve", "--audience", "billing"];
    const first = await startCommand(args, { dataDir });
    await first[Symbol.asyncDispose]();
    expect(first.terminal.printed).toContain(`Store: ${databaseIn(dataDir)} (new)`);
    const second = await startCommand(args, { dataDir });
    await second[Symbol.asyncDispose]();
    expect(second.terminal.printed).toContain(`Store: ${databaseIn(dataDir)}`);
  });
});

describe("key", () => {
  test("makes no first keys: that is for a server to do", async () => {
    await using folder = await createTemporaryFolder();
    await makeStore(folder.path);
    expect(await run(folder.path, ["key", "list"])).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        "there are no keys yet: the first server that starts on this store makes them",
      ),
    });
    expect(await readdir(folder.path)).toEqual(["countersign.db"]);
  });

  test("makes no secret file", async () => {
    await using folder = await createTemporaryFolder();
    await makeStoreWithKeys(folder.path);
    const path = join(folder.path, "typo");
    expect(await run(folder.path, ["key", "list", "--secret-file", path])).toMatchObject({
      code: 1,
      err: expect.stringContaining(`the secret file ${path} is missing: name the one`),
    });
    expect(existsSync(path)).toBe(false);
  });
});

describe("the store", () => {
  test("is named on standard error, whatever the answer is", async () => {
    await using folder = await createTemporaryFolder();
    const dataDir = join(folder.path, "data");
    await mkdir(dataDir);
    await makeStore(dataDir);
    for (const args of [
      ["user", "list"],
      ["user", "list", "--json"],
      ["user", "disable", "eve"],
    ]) {
      expect((await run(dataDir, args)).err.split("\n")[0]).toBe(`store: ${databaseIn(dataDir)}`);
    }
  });

  const urls = [
    ["postgres://db.internal/auth", "postgres://db.internal/auth"],
    ["postgres://ada:hunter2@db.internal:5433/auth?sslmode=require", "postgres://db.internal:5433/auth"],
    ["postgres://ada:hunter2%2F@db.internal/auth", "postgres://db.internal/auth"],
    ["postgres://ada:4711/x@127.0.0.1/auth", "the database of --database-url"],
    ["postgres://ada:4711#x@127.0.0.1/auth", "the database of --database-url"],
    ["postgres://ada:4711@x@127.0.0.1/auth", "the database of --database-url"],
    ["postgres://ada:hun?ter2@127.0.0.1/auth", "the database of --database-url"],
  ] as const;
  test.each(urls)("%s is named without its password", (databaseUrl, name) => {
    expect(nameStore({ databaseUrl, dataDir: "data" })).toBe(name);
  });
});
