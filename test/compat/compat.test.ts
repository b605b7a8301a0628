import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../docs/documents.ts";
import { parseTable } from "../docs/markdown.ts";
import { notEmpty } from "../support/not-empty.ts";
import { PUBLISHED, readManifest, runTool } from "../support/packages.ts";
import { runProgram } from "../support/program.ts";
import { createSigningKey } from "../support/tokens.ts";
import { EXPIRING } from "./cases.ts";
import { casesFor } from "./observe.ts";
import { COMBINATIONS } from "./program/combinations.ts";
import { abilitiesOf, adaptersOf, type Findings, runSet } from "./run-set.ts";
import { CONNECT_SETS, createApp, installVersions, packagesOf, readPeers } from "./sets.ts";

let folders: readonly string[];
let findings: readonly Findings[];

beforeAll(async () => {
  await installVersions();
  const key = createSigningKey("ES256", "key-1");
  folders = await Promise.all(CONNECT_SETS.map(createApp));
  findings = await Promise.all(CONNECT_SETS.map((set, index) => runSet(set, folders[index] ?? "", key)));
}, 900_000);

describe.each(CONNECT_SETS.map((set, index) => ({ set, index, name: set.connect })))(
  "Connect $name",
  ({ set, index }) => {
    describe.each(notEmpty(adaptersOf(set)))("%s", (adapter) => {
      const expected = casesFor(abilitiesOf(adapter)).map(([name, { answer }]) => [name, answer]);

      test.each(Object.keys(COMBINATIONS))("no way around the gate in %s", (name) => {
        const found = findings[index]?.servers[adapter]?.[name];
        expect(found?.answers).toEqual(Object.fromEntries(expected));
        expect(found?.end).toBe(EXPIRING.answer);
        expect(found?.seen).toBe(COMBINATIONS[name]?.hasOwn === true ? "usr_ada" : null);
      });
    });

    test("interceptors of the application see no call of nobody, wherever they are", () => {
      expect(findings[index]?.seenUnguarded).toEqual([]);
    });

    test("a warning says so where Connect has no gate of its own", () => {
      const said = findings[index]?.warnings.filter((warning) => warning.includes("no early gate"));
      expect(said).toHaveLength(set.connect < "2.2" ? 1 : 0);
    });

    test("what an application writes compiles without skipLibCheck", async () => {
      const options = ["--strict", "--exactOptionalPropertyTypes", "--noEmit"];
      // All libraries but those of the compiler itself.
      const checked = ["--skipLibCheck", "false", "--skipDefaultLibCheck"];
      const target = ["--ignoreConfig", "--module", "nodenext", "--target", "es2024", "--types", "node"];
      await runTool(
        "tsc",
        [...options, ...checked, ...target, "consumer.ts", "client.ts"],
        folders[index] ?? "",
      );
    });

    test("a session of the SDK signs in, calls, streams and signs out", async () => {
      const args = [join(folders[index] ?? "", "client.ts")];
      expect(await runProgram({ file: process.execPath, args })).toMatchObject({
        code: 0,
        stdout: "first, 1, 2, revoked: true\n",
      });
    });
  },
);

/** Whether a range of ours, `^a.b.c`, admits a release. */
function admits(range: string, version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = toNumbers(range.slice(1));
  const [ofMajor = 0, ofMinor = 0, ofPatch = 0] = toNumbers(version);
  return ofMajor === major && (ofMinor > minor || (ofMinor === minor && ofPatch >= patch));
}

function toNumbers(version: string): readonly number[] {
  return version.split(".").map(Number);
}

test.each(PUBLISHED)(
  "an app that has any of these has one copy of each, also with @countersign/%s",
  async (name) => {
    const { dependencies = {}, peerDependencies = {} } = await readManifest(name);
    for (const set of CONNECT_SETS) {
      for (const { name: release, folder } of packagesOf(set)) {
        const version = folder.slice(folder.lastIndexOf("-") + 1);
        expect(dependencies).not.toHaveProperty(release);
        expect(admits(peerDependencies[release] ?? "^2.0.0", version), `${name}: ${folder}`).toBe(true);
        // What an adapter demands is what is there, or npm would refuse to install it.
        const { "@connectrpc/connect": connect = set.connect } = await readPeers(folder);
        expect(connect).toBe(set.connect);
      }
    }
  },
);

test("the documentation lists what is tested here", () => {
  const markdown = readFileSync(join(ROOT, "docs/your-server.md"), "utf8");
  const rows = parseTable(markdown, "Which releases of Connect").map(([connect, adapters, gate]) => ({
    connect,
    adapters: adapters?.replaceAll("`", ""),
    gate,
  }));
  const tested = CONNECT_SETS.toReversed().map((set) => ({
    connect: set.connect,
    adapters: Object.entries(set)
      .filter(([part]) => part !== "connect")
      .map(([part, version]) => `connect-${part} ${version}`)
      .join(", "),
    gate: set.connect < "2.2" ? "of the routes alone" : "of the routes, and of Connect",
  }));
  expect(rows).toEqual(tested);
  expect(markdown).toContain("nineteen ways");
  expect(Object.keys(COMBINATIONS)).toHaveLength(19);
});
