import { expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { databaseIn } from "../support/stores.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { makeStore } from "./made-store.ts";
import { recordingTerminal } from "./recording-terminal.ts";

/** A command line on an empty store, with the account ada and the client billing. */
async function startCli() {
  const folder = await createTemporaryFolder();
  await makeStore(folder.path);
  const run = async (...args: readonly string[]) => {
    const terminal = recordingTerminal({
      env: { COUNTERSIGN_DATA_DIR: folder.path },
      input: "correct horse",
    });
    const code = await runCommand(args, terminal);
    return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
  };
  await run("user", "add", "ada", "--scope", "a", "--scope", "b", "--role", "r");
  await run("client", "add", "billing", "--scope", "a", "--role", "r");
  const rowOf = async (command: "user" | "client") =>
    JSON.parse((await run(command, "list", "--json")).out)[0];
  return {
    run,
    rowOf,
    store: databaseIn(folder.path),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test("user set replaces what is named, and says what the account has now", async () => {
  await using cli = await startCli();
  const before = await cli.rowOf("user");
  expect(await cli.run("user", "set", "Ada", "--scope", "c", "--scope", "d")).toMatchObject({
    ...{
      code: 0,
      out: "ada now has scopes c d, roles r; its calls and streams are judged by that within a second.",
    },
  });
  expect(await cli.rowOf("user")).toEqual({ ...before, scopes: ["c", "d"] });
  const { out } = await cli.run("user", "set", "ada", "--no-scopes", "--role", "s", "--revoke", "--json");
  expect(JSON.parse(out)).toEqual({ ...before, scopes: [], roles: ["s"], store: cli.store });
  expect(await cli.rowOf("user")).toEqual({ ...before, scopes: [], roles: ["s"] });
  expect((await cli.run("user", "set", "ada", "--no-roles", "--revoke")).out).toBe(
    "ada now has no scopes, no roles; all its sessions have ended.",
  );
});

test("user delete removes the account", async () => {
  await using cli = await startCli();
  expect(await cli.run("user", "delete", "ada")).toMatchObject({
    ...{ code: 0, out: "ada is deleted; all its sessions have ended." },
  });
  expect(await cli.rowOf("user")).toBeUndefined();
  await cli.run("user", "add", "ada");
  const { out } = await cli.run("user", "delete", "ada", "--json");
  expect(JSON.parse(out)).toEqual({ username: "ada", deleted: true, store: cli.store });
});

test("client set replaces what is named, and says what the client has now", async () => {
  await using cli = await startCli();
  const before = await cli.rowOf("client");
  const set = await cli.run("client", "set", "billing", "--grant", "jwt-bearer", "--introspect");
  expect(set).toMatchObject({
    code: 0,
    out: "billing now has scopes a, roles r, grants jwt-bearer, and may introspect; its calls and streams are judged by that within a second.",
  });
  expect(await cli.rowOf("client")).toEqual({ ...before, grants: ["jwt-bearer"], introspects: true });
  const args = ["--scope", "b", "--no-roles", "--no-introspect", "--revoke"];
  const { out } = await cli.run("client", "set", "billing", ...args, "--json");
  const after = { ...before, grants: ["jwt-bearer"], scopes: ["b"], roles: [], introspects: false };
  expect(JSON.parse(out)).toEqual({ ...after, store: cli.store });
  expect(await cli.rowOf("client")).toEqual(after);
  expect((await cli.run("client", "set", "billing", "--scope", "b", "--revoke")).out).toBe(
    "billing now has scopes b, no roles, grants jwt-bearer; its tokens are revoked.",
  );
});

const wrong = [
  { args: ["user", "set", "ada"], code: 2, message: "say what to change, such as --scope SCOPE" },
  { args: ["user", "set", "ada", "--revoke"], code: 2, message: "say what to change" },
  {
    args: ["user", "set", "ada", "--scope", "a", "--no-scopes"],
    ...{ code: 2, message: "give --scope or --no-scopes, not both" },
  },
  { args: ["user", "set", "ada", "--scope", "a b"], code: 1, message: "a scope or role must be" },
  { args: ["user", "set", "eve", "--role", "r"], code: 1, message: "there is no such account" },
  { args: ["user", "delete", "eve"], code: 1, message: "there is no such account" },
  { args: ["client", "set", "billing"], code: 2, message: "say what to change" },
  {
    args: ["client", "set", "billing", "--introspect", "--no-introspect"],
    ...{ code: 2, message: "give --introspect or --no-introspect, not both" },
  },
  { args: ["client", "set", "billing", "--grant", "password"], code: 1, message: "a grant must be one of" },
  { args: ["client", "set", "other", "--scope", "a"], code: 1, message: "there is no such client" },
];
for (const { args, code, message } of wrong) {
  test(`${args.join(" ")} is explained, and changes nothing`, async () => {
    await using cli = await startCli();
    const before = [await cli.rowOf("user"), await cli.rowOf("client")];
    const result = await cli.run(...args);
    expect(result).toMatchObject({ code, err: expect.stringContaining(message) });
    expect([await cli.rowOf("user"), await cli.rowOf("client")]).toEqual(before);
  });
}
