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
  readManifest,
  runTool,
  tarballName,
  tarballOf,
  unpack,
  withOwnPackages,
} from "../support/packages.ts";
import { type ProgramResult, runProgram, startProgram } from "../support/program.ts";
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
    const pasted = await runProgram({ file: "sh", args: ["-c", command.replace("npm install", "ls")] });
    expect(pasted.stdout.split("\n").filter((path) => path.endsWith(".tgz"))).toHaveLength(PUBLISHED.length);
    expect(command).toMatch(/ @bufbuild\/protobuf @connectrpc\/connect @connectrpc\/connect-node$/);
  });

  test("leaves nothing in the repository that git sees, and packs the same bytes again", async () => {
    for (const name of PUBLISHED) {
      const bytes = await readFile(join(to, tarballName(name)));
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

describe.each(PUBLISHED)("%s, as it is published", (name) => {
  test("publint and attw find nothing wrong", async () => {
    expect(await runTool("publint", ["--strict", tarballOf(name)], ROOT)).toContain("All good!");
    // The command is no library: nothing imports it.
    if (name !== "countersign") {
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
  });
});

const SERVER = `
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { authErrorReasonOf } from "./reason.ts";
import { createAuth, principalOf } from "@countersign/server";
import { createIssuer } from "@countersign/issuer";
import { buildRequestListener, listen } from "@countersign/node";

const KEY = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", kid: "1", alg: "EdDSA" };
const auth = createAuth({
  routes: (router) =>
    router.service(NotesService, {
      createNote: ({ title }, ctx) => ({ title, owner: principalOf(ctx).subject }),
    }),
  issuers: [{ issuer: "https://issuer.example", keys: { jwks: { keys: [KEY] } } }],
  audience: "ledger",
});
export const create: typeof createIssuer = createIssuer;
const listener = await listen(buildRequestListener({ ...auth }));
const notes = createClient(NotesService, createGrpcTransport({ baseUrl: listener.origin }));
await notes.createNote({ title: "first" }).catch((error: unknown) => console.log(authErrorReasonOf(error)));
await listener.close(0);
process.exit();
`;

const REASON = `
import { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";

export function authErrorReasonOf(error: unknown): string | undefined {
  return ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason;
}
`;

const STRICT = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"];

test("an empty project outside of the repository compiles a server without skipLibCheck, and runs it", async () => {
  const published = ["gen", "server", "node", "issuer"] as const;
  const project = await createProject({
    folder: join(folder.path, "server"),
    published,
    packages: [...(await externalPackages(published)), "@types/node"],
    files: { "main.ts": SERVER, "reason.ts": REASON },
  });
  const nodenext = ["--module", "nodenext", "--target", "es2024", "--allowImportingTsExtensions"];
  await runTool("tsc", [...STRICT, ...nodenext, "--types", "node", "main.ts"], project);
  await using program = startProgram({ file: process.execPath, args: ["main.ts"], cwd: project });
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: "TOKEN_MISSING\n" });
  // Outside of production the operator learns why; nothing else is printed.
  expect(stderr).toMatch(/^countersign: refused \S+\/CreateNote: TOKEN_MISSING, [^\n]*\n$/);
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
  const published = PUBLISHED.filter((name) => name !== "sdk");
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
