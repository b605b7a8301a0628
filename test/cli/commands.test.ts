import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { COMMANDS as COMMANDS_OF_HELP } from "../../server/cli/src/commands.ts";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { SETTINGS } from "../../server/cli/src/settings.ts";
import { CLIENT_GRANTS } from "../../server/issuer/src/credentials/client-names.ts";
import { openDatabase } from "../../server/issuer/src/store/database.ts";
import { listSigningKeys } from "../../server/issuer/src/store/signing-keys.ts";
import { databaseIn } from "../support/stores.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { makeStore, makeStoreWithKeys } from "./made-store.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const COMMANDS = [
  "serve",
  "demo",
  "user",
  "client",
  "key",
  "session",
  "login",
  "logout",
  "token",
  "policy",
  "init",
];

/** Run a command to its end. */
async function run(args: readonly string[], parts: Parameters<typeof recordingTerminal>[0] = {}) {
  const terminal = recordingTerminal(parts);
  const code = await runCommand(args, terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
}

describe("help", () => {
  test("names every command", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    expect(COMMANDS.filter((name) => !out.includes(`\n  ${name} `))).toEqual([]);
  });

  for (const name of COMMANDS) {
    test(`of ${name} says how to call it`, async () => {
      const { code, out } = await run([name, "--help"]);
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^Usage: countersign ${name}`));
    });
  }

  test("of client names every grant that there is", async () => {
    const { out } = await run(["client", "--help"]);
    expect(Object.keys(CLIENT_GRANTS)).not.toHaveLength(0);
    expect(Object.keys(CLIENT_GRANTS).filter((name) => !out.includes(name))).toEqual([]);
  });

  test("lists every action, with options that there are", () => {
    for (const { name, actions, options } of COMMANDS_OF_HELP) {
      const used = new Set(Object.values(actions).flatMap((action) => action.options));
      expect({ name, used: [...used].sort() }).toEqual({ name, used: Object.keys(options).sort() });
    }
  });

  test.each(COMMANDS_OF_HELP)(
    "of $name is there before what runs it: every action has its own",
    async (command) => {
      expect(Object.keys(await command.load()).sort()).toEqual(Object.keys(command.actions).sort());
    },
  );

  test("comes for help COMMAND, too", async () => {
    expect(await run(["help", "key"])).toEqual(await run(["key", "--help"]));
    expect(await run(["help", "keys"])).toMatchObject({ code: 2 });
  });

  test("has a neighbour that says which version this is", async () => {
    for (const word of ["--version", "version"]) {
      expect(await run([word])).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^countersign \d+\.\d+\.\d+$/),
      });
    }
  });

  test("of serve begins what each setting does in one column", async () => {
    const { out } = await run(["serve", "--help"]);
    const columns = out.split("\n").flatMap((line) => /^ {2}--\S+( [A-Z]+)? +/.exec(line)?.[0].length ?? []);
    expect(columns).toHaveLength(Object.keys(SETTINGS).length);
    expect(new Set(columns).size).toBe(1);
  });

  test("of serve names every setting with its variable", async () => {
    const { out } = await run(["serve", "--help"]);
    const all = Object.values(SETTINGS).flatMap(({ flag, variable }) => [`--${flag}`, variable]);
    expect(all.filter((text) => !out.includes(text))).toEqual([]);
  });
});

describe("a wrong call", () => {
  const calls = [
    [["serv"], 'there is no command "serv": did you mean serve? See countersign --help'],
    [["xyz"], 'there is no command "xyz"; see countersign --help'],
    [["serve", "--audiance", "x"], "unknown option --audiance: did you mean --audience?"],
    [
      ["user", "set", "ada", "--rol", "x"],
      "countersign user set: unknown option --rol: did you mean --role? See",
    ],
    [["user", "list", "--json=yes"], "--json is a switch and takes no value"],
    [["user", "list", "--data-dir"], "--data-dir needs a value: --data-dir DIR"],
    [["user", "list", "--data-dir", "--json"], "--data-dir needs a value"],
    [["user", "list", "--port", "1"], "unknown option --port"],
    [
      ["user", "list", "--role", "r"],
      "countersign user list: it has no option --role, which is for add, set",
    ],
    [["user", "lst"], 'there is no action "lst": did you mean list?'],
    [["key", "compromise"], "countersign key compromise: it needs a KID"],
    [["user", "add", "ada", "eve"], "countersign user add: it takes one NAME only"],
    [["serve", "now"], "countersign serve: it takes no arguments, only options"],
    [["serve", "--host", "0.0.0.0"], "tokens would go there in plain text"],
    [["serve", "--tls-cert", "x"], "--tls-cert and --tls-key go together"],
    [["key", "burn"], 'countersign key: there is no action "burn"; it has these actions: list, rotate'],
    [["user", "add"], "countersign user add: it needs a NAME"],
    [["user", "list", "ada"], "countersign user list: it takes no arguments, only options"],
    [["user", "burn", "ada"], "it has these actions: add, list, set, passwd, disable, enable, delete"],
    [["session", "revoke"], "give either a session id or an owner"],
    [["token"], "countersign token: it has these actions: print, list, inspect"],
    [["policy", "--demo", "--image", "x.binpb"], "--image and --demo name different services"],
  ] as const;
  for (const [args, message] of calls) {
    test(`${args.join(" ")} is explained, with a hint at the help`, async () => {
      await using folder = await createTemporaryFolder();
      await makeStore(folder.path);
      const { code, err } = await run(args, { env: { COUNTERSIGN_DATA_DIR: folder.path } });
      expect(code).toBe(2);
      expect(err).toContain(message);
      expect(err).toContain("--help");
    });
  }
});

describe("user", () => {
  test("adds accounts with a password from standard input, and lists them without it", async () => {
    await using folder = await createTemporaryFolder();
    await makeStore(folder.path);
    const env = { COUNTERSIGN_DATA_DIR: folder.path };
    const added = await run(["user", "add", "Ada", "--scope", "a", "--scope", "b", "--role", "r"], {
      env,
      input: "correct horse\n",
    });
    expect(added).toMatchObject({ code: 0, out: "ada was added." });
    const { out } = await run(["user", "list", "--json"], { env });
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({ username: "ada", scopes: ["a", "b"], roles: ["r"], disabled: null }),
    ]);
    expect(out).not.toContain("correct horse");
  });

  test("says why an account cannot be added", async () => {
    await using folder = await createTemporaryFolder();
    await makeStore(folder.path);
    const env = { COUNTERSIGN_DATA_DIR: folder.path };
    const short = await run(["user", "add", "ada"], { env, input: "short" });
    expect(short.code).toBe(1);
    expect(short.err).toContain("a password must have at least 8 characters");
  });

  test("disables and enables an account", async () => {
    await using folder = await createTemporaryFolder();
    await makeStore(folder.path);
    const env = { COUNTERSIGN_DATA_DIR: folder.path };
    await run(["user", "add", "ada"], { env, input: "correct horse" });
    expect(await run(["user", "disable", "ada"], { env })).toMatchObject({ code: 0 });
    expect(JSON.parse((await run(["user", "list", "--json"], { env })).out)[0].disabled).not.toBeNull();
    expect(await run(["user", "enable", "ada"], { env })).toMatchObject({ code: 0 });
    expect(JSON.parse((await run(["user", "list", "--json"], { env })).out)[0].disabled).toBeNull();
    const { out } = await run(["user", "disable", "ada", "--json"], { env });
    expect(JSON.parse(out)).toMatchObject({ username: "ada", disabled: expect.stringMatching(/^2/) });
    const passwd = await run(["user", "passwd", "ada", "--json"], { env, input: "another horse\n" });
    expect(JSON.parse(passwd.out)).toMatchObject({ username: "ada" });
    expect(await run(["user", "disable", "eve"], { env })).toMatchObject({
      code: 1,
      err: `store: ${databaseIn(folder.path)}\ncountersign user disable: there is no such account`,
    });
  });
});

describe("key", () => {
  test("lists the keys, and rotates only when verifiers have seen the next one", async () => {
    await using folder = await createTemporaryFolder();
    await makeStoreWithKeys(folder.path);
    const env = { COUNTERSIGN_DATA_DIR: folder.path };
    const before = JSON.parse((await run(["key", "list", "--json"], { env })).out);
    expect(before.map(({ state }: { state: string }) => state).sort()).toEqual(["active", "next"]);
    expect(await run(["key", "rotate"], { env })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/nothing was rotated: .*: wait until then, or rotate with --force$/),
    });
    const rotated = JSON.parse((await run(["key", "rotate", "--force", "--json"], { env })).out);
    const next = before.find(({ state }: { state: string }) => state === "next");
    expect(rotated).toEqual({ kid: next.kid, store: databaseIn(folder.path) });
  });

  test("rotates no key that it was not asked to, however old it is", async () => {
    await using folder = await createTemporaryFolder();
    await makeStoreWithKeys(folder.path);
    await using store = await openDatabase({ sqlite: databaseIn(folder.path) });
    const bornMs = Date.now() - 40 * 24 * 60 * 60 * 1_000;
    // A key that is not active yet has no such time, and keeps none.
    await sql`update signing_keys set created_at = ${bornMs}, active_at = active_at - active_at + ${bornMs}`.execute(
      store.db,
    );
    const before = await listSigningKeys(store);
    const env = { COUNTERSIGN_DATA_DIR: folder.path };
    expect(await run(["key", "list"], { env })).toMatchObject({ code: 0 });
    expect(await listSigningKeys(store)).toEqual(before);
    const rotated = JSON.parse((await run(["key", "rotate", "--json"], { env })).out);
    expect(rotated.kid).toBe(before.find(({ state }) => state === "next")?.kid);
  });

  test("rotates by the times of its servers, when it is given them", async () => {
    await using folder = await createTemporaryFolder();
    await makeStoreWithKeys(folder.path);
    const env = { COUNTERSIGN_DATA_DIR: folder.path };
    const readyAtMs = async (...args: readonly string[]) => {
      const { err } = await run(["key", "rotate", ...args], { env });
      return Date.parse(/only from (\S+Z):/.exec(err)?.[1] ?? "");
    };
    const byDefault = await readyAtMs();
    const given = await readyAtMs("--key-publish-before", "1h", "--jwks-max-age", "5m");
    expect(byDefault - given).toBe(23 * 60 * 60 * 1_000);
  });
});
