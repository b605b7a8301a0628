import { describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
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
  await run("user", "add", "ada", "--claim", "tenant=acme");
  await run("client", "add", "billing", "--claim", "tenant=acme");
  return { run, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

for (const { command, name } of [
  { command: "user", name: "ada" },
  { command: "client", name: "billing" },
] as const) {
  describe(`${command} set`, () => {
    test("gives claims a value, takes them away, and leaves the others", async () => {
      await using cli = await startCli();
      const set = async (...args: readonly string[]) => {
        const { code, err } = await cli.run(command, "set", name, ...args);
        expect([code, err]).toEqual([0, expect.any(String)]);
        return JSON.parse((await cli.run(command, "list", "--json")).out)[0].claims;
      };
      expect(await set("--claim", "level=3", "--claim", "https://acme.example/x=[1, {}]")).toEqual({
        ...{ tenant: "acme", level: 3, "https://acme.example/x": [1, {}] },
      });
      expect(await set("--claim", "tenant=a=b", "--no-claim", "level")).toEqual({
        ...{ tenant: "a=b", "https://acme.example/x": [1, {}] },
      });
      expect(
        await set(command === "user" ? "--no-roles" : "--role", ...(command === "user" ? [] : ["r"])),
      ).toEqual({
        ...{ tenant: "a=b", "https://acme.example/x": [1, {}] },
      });
      expect(await set("--no-claims")).toEqual({});
    });

    test("takes a value for what it says in JSON, and all else for text", async () => {
      await using cli = await startCli();
      for (const [text, value] of [
        ["3", 3],
        ["true", true],
        ["null", null],
        ['"3"', "3"],
        ["03", "03"],
        ["", ""],
        [" x y ", " x y "],
        ['{"a": [1]}', { a: [1] }],
      ] as const) {
        await cli.run(command, "set", name, "--claim", `c=${text}`);
        expect(JSON.parse((await cli.run(command, "list", "--json")).out)[0].claims.c).toEqual(value);
      }
    });

    test("says which claims there are now", async () => {
      await using cli = await startCli();
      const { out } = await cli.run(command, "set", name, "--claim", "level=3");
      expect(out).toContain(', claims tenant="acme" level=3;');
      expect((await cli.run(command, "list")).out).toContain('tenant="acme" level=3');
    });

    const wrong: readonly (readonly [readonly string[], number, string])[] = [
      [["--claim", "tenant"], 2, "--claim needs a name and a value"],
      [["--claim", "=x"], 2, "--claim needs a name and a value"],
      [["--claim", 'a={"b"'], 2, "--claim a: its value begins like JSON and is none"],
      [["--claim", "a=1", "--claim", "a=2"], 2, "--claim a is given twice"],
      [["--claim", "a=1", "--no-claim", "a"], 2, "--no-claim a, not both"],
      [["--claim", "a=1", "--no-claims"], 2, "give --no-claims alone"],
      [["--claim", "sub=root"], 1, "the claim sub is one that"],
      [["--claim", "act={}"], 1, "the claim act is one that"],
      [["--claim", "__proto__=1"], 1, "may be called __proto__"],
      [["--claim", `a=${"x".repeat(4_100)}`], 1, "at most 4096 bytes"],
      [["--claim", "a b=1"], 1, "the name of a claim must be"],
    ];
    for (const [args, code, message] of wrong) {
      test(`explains ${args.join(" ").slice(0, 60)}`, async () => {
        await using cli = await startCli();
        const result = await cli.run(command, "set", name, ...args);
        expect(result).toMatchObject({ code, err: expect.stringContaining(message) });
        expect(JSON.parse((await cli.run(command, "list", "--json")).out)[0].claims).toEqual({
          tenant: "acme",
        });
      });
    }
  });
}
