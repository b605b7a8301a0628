import { globSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
// @ts-expect-error the scripts are JavaScript without declarations: they run before anything is installed
import { nameRelease } from "../../scripts/release-examples.mjs";
import { copyExample, succeed } from "../examples/install-example.ts";
import { notEmpty } from "../support/not-empty.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { documentOf, ROOT } from "./documents.ts";
import { parseTable } from "./markdown.ts";

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const readManifest = (path: string): Manifest => JSON.parse(read(path)); // npm reads it, too
const namedIn = ({ dependencies, devDependencies }: Manifest) => ({ ...dependencies, ...devDependencies });

const MANIFESTS = globSync("docs/examples/*/package.json", { cwd: ROOT }).sort();
const EXAMPLES = MANIFESTS.map((path) => path.split("/")[2]);

const WORKSPACES = ["", "gen/", "sdk/", "server/*/", "web-demo/", "test/", "test/runtimes/*/"];
const TESTED = WORKSPACES.flatMap((folder) => globSync(`${folder}package.json`, { cwd: ROOT }))
  .map(readManifest)
  .flatMap((manifest) => Object.entries(namedIn(manifest)));

test("docs/examples lists each example", () => {
  const rows = parseTable(documentOf("docs/examples/README.md").markdown, "Examples");
  const listed = rows.map(([cell = ""]) => /^\[`(.*)`\]/.exec(cell)?.[1]);
  expect(new Set(listed)).toEqual(new Set(notEmpty(EXAMPLES)));
});

test.each(notEmpty(MANIFESTS))(
  "%s names releases that are tested here, and this one of our packages",
  (path) => {
    const { version } = readManifest("sdk/package.json");
    const odd = Object.entries(namedIn(readManifest(path))).filter(([name, wanted]) =>
      /^(@countersign\/|countersign$)/.test(name)
        ? wanted !== version
        : !TESTED.some(([tested, release]) => tested === name && release === wanted),
    );
    expect(odd).toEqual([]);
  },
);

test("a release is named in the examples, too, and nothing else is changed", () => {
  const before =
    '{\n  "name": "a",\n  "version": "0.0.0",\n    "@countersign/sdk": "0.1.0",\n    "countersign": "0.1.0",\n    "next": "0.1.0"\n}';
  const after = before
    .replace('sdk": "0.1.0', 'sdk": "0.2.0')
    .replace('countersign": "0.1.0', 'countersign": "0.2.0');
  expect(nameRelease(before, "0.2.0")).toBe(after);
});

test("what runs programs against the demo is the same in all of them", () => {
  const texts = globSync("docs/examples/*/start.mjs", { cwd: ROOT }).map(read);
  expect(texts.length).toBeGreaterThan(1);
  expect(new Set(texts).size).toBe(1);
});

// Each is installed, started and called by `npm run test:examples`: that takes minutes.
test("the example of a server on Fastify passes its tests with what is in the repository", async () => {
  await using folder = await createTemporaryFolder();
  const cwd = folder.path;
  await copyExample("fastify-keycloak", cwd);
  await symlink(join(ROOT, "node_modules"), join(cwd, "node_modules"));
  await succeed({ file: join(ROOT, "node_modules/.bin/buf"), args: ["generate"], cwd });
  const args = ["--conditions=@countersign/source", "--test", "test/*.test.ts"];
  const { stdout } = await succeed({ file: process.execPath, args, cwd });
  expect(stdout).toMatch(/^ℹ pass 4$/m);
});
