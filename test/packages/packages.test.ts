import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { broughtBy, findInstalled } from "../support/installed.ts";
import {
  createProject,
  externalPackages,
  PUBLISHED,
  type PublishedName,
  packageName,
  readIndex,
  readManifest,
  runTool,
  tarballOf,
  unpack,
  withOwnPackages,
} from "../support/packages.ts";
import { type ProgramResult, runProgram } from "../support/program.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SETUP = join(ROOT, "scripts/setup.mjs");

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await createTemporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

describe("npm run pack", () => {
  let to: string;
  let packed: ProgramResult;
  beforeAll(async () => {
    to = join(folder.path, "it's here");
    await mkdir(to);
    await writeFile(join(to, "countersign-server-0.0.9.tgz"), "old");
    packed = await runProgram({ file: process.execPath, args: [SETUP, "pack", "--to", to] });
  });

  test("packs into the folder that it is given, in place of what is old, and ends with the command that installs it", async () => {
    expect(packed).toMatchObject({ code: 0, stderr: "" });
    const lines = packed.stdout.trimEnd().split("\n");
    expect(lines.slice(0, -1).every((line) => line.startsWith("countersign: "))).toBe(true);
    const command = lines.at(-1) ?? "";
    // All but create-countersign, which npm runs without installing it.
    const pasted = await runProgram({ file: "sh", args: ["-c", command.replace("npm install", "ls")] });
    expect(pasted.stdout.split("\n").filter((path) => path.endsWith(".tgz"))).toHaveLength(
      PUBLISHED.length - 1,
    );
    // npm on an older Node would take releases of the three that do not fit together.
    expect(command).toMatch(
      / @bufbuild\/protobuf@\S+ @connectrpc\/connect@(\S+) @connectrpc\/connect-node@\1$/,
    );
  });

  test("names the tarball of each package, those first that others need", async () => {
    const index = readIndex(to);
    const version = "0.1.0";
    expect(Object.keys(index)).toEqual(PUBLISHED.map(packageName));
    expect(index).toMatchObject({
      "@countersign/server": `countersign-server-${version}.tgz`,
      countersign: `countersign-${version}.tgz`,
    });
    const tarballs = (await readdir(to)).filter((name) => name.endsWith(".tgz"));
    expect(Object.values(index).toSorted()).toEqual(tarballs.toSorted());
  });

  test("leaves nothing in the repository that git sees, and packs the same bytes again", async () => {
    for (const name of PUBLISHED) {
      const bytes = await readFile(join(to, readIndex(to)[packageName(name)] ?? ""));
      expect(bytes.equals(await readFile(tarballOf(name))), name).toBe(true);
    }
    const staging = (await readdir(join(ROOT, "dist"))).filter((name) => name.startsWith("staging-"));
    expect(staging).toEqual([]);
  });

  test("says how it is used when it does not know an option", async () => {
    const { code, stderr } = await runProgram({
      file: process.execPath,
      args: [SETUP, "pack", "--into", "x"],
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "countersign: usage: npm run pack [-- --to FOLDER]\n",
    });
  });
});

/**
 * The oldest Node that each package runs on. The issuer needs SQLite and argon2 of Node, and on Node 22 some bounds of
 * `listen` on HTTP/2 do not hold.
 */
const RUNS_ON: Readonly<Record<PublishedName, string>> = {
  ...{ gen: ">=22", server: ">=22", sdk: ">=22" },
  ...{ node: ">=24.15.0", issuer: ">=24.15.0", demo: ">=24.15.0", countersign: ">=24.15.0" },
  create: ">=20.12.0",
};

describe.each(PUBLISHED)("%s, as it is published", (name) => {
  test("publint and attw find nothing wrong", async () => {
    expect(await runTool("publint", ["--strict", tarballOf(name)], ROOT)).toContain("All good!");
    // The programs are no libraries: nothing imports them.
    if (name !== "countersign" && name !== "create") {
      await runTool("attw", [tarballOf(name), "--profile", "esm-only"], ROOT);
    }
  });

  test("names neither the repository's folder, nor its sources, nor its tools", async () => {
    const path = join(folder.path, `unpacked-${name}`);
    await unpack(name, path);
    const manifest = await readFile(join(path, "package.json"), "utf8");
    expect(manifest).not.toMatch(/@countersign\/source|devDependencies|scripts|"workspace:/);
    for (const file of await readdir(path, { recursive: true })) {
      if (!/\.(js|ts|map|json)$/.test(file)) {
        continue;
      }
      const text = await readFile(join(path, file), "utf8");
      expect(text.includes(ROOT), file).toBe(false);
    }
    expect(await readdir(path)).toEqual(expect.arrayContaining(["LICENSE", "README.md", "dist"]));
    expect(JSON.parse(manifest)).toEqual({
      ...(await readManifest(name)),
      ...{ exports: expect.anything(), devDependencies: undefined, scripts: undefined },
      ...{ description: expect.any(String), keywords: expect.any(Array), engines: { node: RUNS_ON[name] } },
    });
  });
});

/** What comes along beside the peers, with each package that is imported. */
const BROUGHT = {
  gen: [],
  server: ["jose", "lru-cache"],
  node: ["jose", "lru-cache"],
  issuer: ["cookie", "jose", "kysely", "lru-cache"],
  sdk: [],
} as const satisfies Partial<Record<PublishedName, readonly string[]>>;

describe.concurrent("installed alone into an empty folder", () => {
  test.each(Object.entries(BROUGHT))(
    "%s brings %j beside its peers, and is imported",
    async (key, brought) => {
      const name = key as keyof typeof BROUGHT; // a key of the table
      const published = await withOwnPackages(name);
      const project = await createProject({
        folder: join(folder.path, `alone-${name}`),
        published,
        packages: await externalPackages(published),
        files: {},
      });
      expect(broughtBy(await findInstalled(project, [packageName(name)]))).toEqual(brought);
      const { exports = {} } = await readManifest(name);
      const entries = Object.keys(exports).filter((entry) => !entry.includes("*"));
      const imports = entries.map((entry) => `await import("${join(packageName(name), entry)}");`);
      const args = ["--input-type=module", "--eval", imports.join("\n")];
      expect(await runProgram({ file: process.execPath, args, cwd: project })).toEqual({
        code: 0,
        stdout: "",
        stderr: "",
      });
    },
  );
});

test("the gate brings the notices of what is bundled into it", async () => {
  const unpacked = join(folder.path, "unpacked-server");
  await unpack("server", unpacked);
  const notices = await readFile(join(unpacked, "dist/THIRD-PARTY-NOTICES.txt"), "utf8");
  expect(notices.match(/^@?[\w/-]+ \d.*$/gm)).toEqual([
    "@bufbuild/cel 0.6.1 (Apache-2.0)",
    "@bufbuild/cel-spec 0.6.1 (Apache-2.0)",
    "@bufbuild/re2 0.6.1 (MIT)",
  ]);
  expect(notices).toContain("Permission is hereby granted");
});

test("the command brings the JSON Schema of its file where the guide has editors look for it", async () => {
  const unpacked = join(folder.path, "unpacked");
  await unpack("countersign", unpacked);
  const schema = JSON.parse(await readFile(join(unpacked, "trusted-issuers.schema.json"), "utf8"));
  expect(schema.$schema).toMatch(/json-schema/);
});

test("the command runs where it is installed", async () => {
  const published = await withOwnPackages("countersign");
  const project = await createProject({
    folder: join(folder.path, "command"),
    published,
    packages: await externalPackages(published),
    files: {},
  });
  const { version } = await readManifest("countersign");
  const args = [join(project, "node_modules/countersign/bin/countersign.js"), "--version"];
  expect(await runProgram({ file: process.execPath, args })).toEqual({
    code: 0,
    stdout: `countersign ${version}\n`,
    stderr: "",
  });
});
