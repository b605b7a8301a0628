import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ROOT } from "../docs/documents.ts";
import { notEmpty } from "../support/not-empty.ts";
import { PUBLISHED, packageName, readManifest, unpack } from "../support/packages.ts";
import { runProgram } from "../support/program.ts";
import { installVersions, VERSIONS } from "./sets.ts";

/** An application that has all packages: everything else is found above it, in the repository's `node_modules`. */
const APP = join(ROOT, "test/output/compat/consumer");

const DISPOSABLE = ["es2024", "dom", "esnext.disposable"];
/** Has no AsyncDisposable, which sessions are. */
const OLD = ["es2022", "dom"];
const NODENEXT = { module: "nodenext", moduleResolution: "nodenext" };
const BUNDLER = { module: "esnext", moduleResolution: "bundler" };
const OLDER = (release: string) => join(VERSIONS, `node_modules/typescript-${release}/bin/tsc`);
const OWN = join(ROOT, "node_modules/typescript/bin/tsc");

/** What a page has no use for: it needs types of Node. */
const OF_NODE = /^(@countersign\/(node|issuer|demo)\b|@countersign\/sdk\/node$)/;
/** Their types lead to those of kysely, on which the older compilers spend more time than on all others. */
const OF_KYSELY = /^@countersign\/(issuer|demo)\b/;

/** All but the gate and what it is generated from, which alone are found without `exports` of packages. */
const BUT_THE_GATE = /^(?!@countersign\/(?:gen\/|server$|server\/(?:issuers|testing)$))/;

/** Not every pair of a compiler and a setting: each of either is here. */
const CONSUMERS = [
  {
    name: "TypeScript 5.9, bundler",
    tsc: OLDER("5.9"),
    options: { ...BUNDLER, lib: OLD, types: ["node"] },
    without: OF_KYSELY,
  },
  {
    name: "TypeScript 5.9, as of Node 10",
    tsc: OLDER("5.9"),
    options: { module: "esnext", moduleResolution: "node10", lib: OLD, types: ["node"] },
    without: BUT_THE_GATE,
  },
  {
    name: "TypeScript 6.0",
    tsc: OLDER("6.0"),
    options: { ...NODENEXT, lib: DISPOSABLE, types: ["node"] },
    without: OF_KYSELY,
  },
  { name: "TypeScript 7.0", tsc: OWN, options: { ...NODENEXT, lib: OLD, types: ["node"] }, without: /^$/ },
  {
    name: "TypeScript 7.0 in a page",
    tsc: OWN,
    options: { ...BUNDLER, lib: OLD, types: [] },
    without: OF_NODE,
  },
];

let entries: readonly string[];
beforeAll(async () => {
  await installVersions();
  await rm(APP, { recursive: true, force: true });
  entries = (await Promise.all(PUBLISHED.map(installEntries))).flat();
});

/** Unpack a package into the application. Answers what can be imported of it. */
async function installEntries(name: (typeof PUBLISHED)[number]): Promise<readonly string[]> {
  const folder = join(APP, "node_modules", packageName(name));
  await unpack(name, folder);
  if (name === "gen") {
    const files = await readdir(join(folder, "dist"), { recursive: true });
    return files.filter((file) => file.endsWith(".js")).map((file) => join(packageName(name), file));
  }
  const { exports = {} } = await readManifest(name);
  return Object.keys(exports).map((entry) => join(packageName(name), entry));
}

test.each(notEmpty(CONSUMERS))(
  "entries of packages compile without skipLibCheck: $name",
  async ({ name, tsc, options, without }) => {
    const imported = entries.filter((entry) => !without.test(entry));
    expect(imported.length).toBeGreaterThan(15);
    const project = join(APP, name.replaceAll(/[^\w.]+/g, "-"));
    await mkdir(project, { recursive: true });
    const lines = imported.map((entry, index) => `export * as entry${index} from "${entry}";\n`);
    await writeFile(join(project, "index.ts"), lines.join(""));
    await writeFile(join(project, "package.json"), '{ "type": "module" }');
    const strict = { strict: true, exactOptionalPropertyTypes: true, target: "es2022", noEmit: true };
    const checked = { skipLibCheck: false, skipDefaultLibCheck: true }; // all but the compiler's own libraries
    const compilerOptions = { ...options, ...strict, ...checked };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }));
    const { code, stdout } = await runProgram({ file: process.execPath, args: [tsc, "-p", project] });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  },
);
