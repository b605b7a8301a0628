import { describe, expect, test } from "vitest";
import { noWallClockLimits } from "./clock-rules.ts";
import { demoAside, demoOfPublicEntries } from "./demo-rules.ts";
import { smallFunctions } from "./function-rules.ts";
import { findCycles, reachableFrom, resolveImport } from "./import-graph.ts";
import { noStateAtImport } from "./import-state.ts";
import * as layers from "./layers.ts";
import { oneClock } from "./one-clock.ts";
import { parseModule } from "./parse-module.ts";
import { namedArguments } from "./passing-rules.ts";
import * as rules from "./rules.ts";
import { readSources } from "./source-tree.ts";
import { filledTables } from "./table-rules.ts";
import { foreignPlaces, tooLong } from "./text-rules.ts";
import { twinTypes } from "./twin-types.ts";

const WORKSPACES = "{gen,server,sdk,web-demo,test}";
const modules = readSources([`${WORKSPACES}/**/*.{ts,tsx}`, "docs/site/src/*.ts", "scripts/*.mjs"]).map(
  parseModule,
);
const written = readSources([
  `${WORKSPACES}/**/*.{ts,tsx,css,mjs}`,
  "docs/site/**/*.{ts,mjs,css}",
  "scripts/*.mjs",
]);
const published = readSources([
  `${WORKSPACES}/**/*.{ts,tsx,css,mjs,json,html,svg,md}`,
  "{proto,scripts,docs}/**/*.{proto,mjs,md,json,ts,css}",
  "*.{json,md,yaml}",
  ".{oxlintrc.json,npmrc,gitignore}",
  ".ci/run",
]);

describe("the repository", () => {
  test("is read at all", () => {
    expect(modules.map(({ path }) => path)).toContain("server/gate/src/errors/auth-error.ts");
    expect(published.map(({ path }) => path)).toContain("package-lock.json");
    expect(published.map(({ path }) => path)).toContain(".npmrc");
  });

  test("has no cycle of imports", () => {
    expect(findCycles(modules)).toEqual([]);
  });

  test("has a gate that runs anywhere: no Node module, and nothing of the other packages", () => {
    const gate = reachableFrom("server/gate/src/index.ts", modules);
    expect(gate.map(({ path }) => path)).toContain("server/gate/src/connect/gate.ts");
    expect(gate.filter(({ path }) => !/^(server\/gate\/src|gen)\//.test(path))).toEqual([]);
    const packages = gate.flatMap(({ imports }) => imports.map(({ specifier }) => specifier));
    expect(packages.filter((specifier) => /^(node:|pg|kysely|pino)/.test(specifier))).toEqual([]);
  });

  test("has no production code that can reach what signs tokens for tests", () => {
    const servers = modules.filter(({ path }) => /^(server\/\w+|sdk|web-demo)\/src\//.test(path));
    const importers = servers.filter(({ path, imports }) =>
      imports.some(({ specifier }) => {
        const target = resolveImport(path, specifier) ?? specifier;
        return /^(server\/gate\/src|@countersign\/server)\/testing(\/|$)/.test(target);
      }),
    );
    const folder = "server/gate/src/testing/";
    expect(importers.map(({ path }) => path)).toContain(`${folder}create-test-issuer.ts`);
    expect(importers.filter(({ path }) => !path.startsWith(folder))).toEqual([]);
  });

  const table = {
    "imports between workspaces in one direction only": layers.workspaceDirections,
    "imports other packages through their entries only": layers.throughEntries,
    "imports from upper to lower layers of a package only": layers.serverLayers,
    "keeps the core of the SDK free of any platform": rules.portableSdkCore,
    "is complete without its demo": demoAside,
    "has a demo as a user would make it": demoOfPublicEntries,
    "reads the environment in one place": rules.oneReaderOfTheEnvironment,
    "has honest types": rules.honestTypes,
    "names what factories get": namedArguments,
    "has small functions": smallFunctions,
    "exports by name": rules.namedExports,
    "meets databases and jose where they belong": rules.keptLibraries,
    "notifies other servers over the bus": rules.notifyOverTheBus,
    "keeps no state in a module of the server": noStateAtImport,
    "takes the time of the server from one clock": oneClock,
    "has tests that do not fail for being slow": noWallClockLimits,
    "has tables of tests that are not empty": filledTables,
  } satisfies Readonly<Record<string, rules.Rule>>;
  for (const [name, rule] of Object.entries(table)) {
    test(name, () => {
      expect(modules.flatMap(rule)).toEqual([]);
    });
  }

  test("has one type of a name in a package", () => {
    expect(twinTypes(written)).toEqual([]);
  });

  test("has no file that is too long", () => {
    expect(written.flatMap(tooLong)).toEqual([]);
  });

  test("names no place that only one machine has", () => {
    expect(published.flatMap(foreignPlaces)).toEqual([]);
  });
});
