import { existsSync, globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { ParsedModule } from "./parse-module.ts";
import { repositoryRoot } from "./source-tree.ts";

/** Find the file of the repository that a specifier means; undefined for a package from elsewhere. */
export function resolveImport(fromPath: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) {
    return posix.normalize(posix.join(posix.dirname(fromPath), specifier));
  }
  const [, generated] = /^@countersign\/gen\/(.+)$/.exec(specifier) ?? [];
  if (generated !== undefined) {
    return `gen/es/${generated.replace(/\.js$/, ".ts")}`;
  }
  return ENTRIES[specifier];
}

const FOLDERS = globSync(["sdk", "server/*"], { cwd: repositoryRoot }).filter((folder) =>
  existsSync(join(repositoryRoot, folder, "package.json")),
);

// What each package calls its source, such as "@countersign/sdk/node" → "sdk/src/node/index.ts".
const ENTRIES: Readonly<Record<string, string>> = Object.fromEntries(
  FOLDERS.flatMap((folder) => {
    const manifest: unknown = JSON.parse(readFileSync(join(repositoryRoot, folder, "package.json"), "utf8"));
    const { name, exports } = manifest as {
      name: string;
      exports: Record<string, { "@countersign/source": string }>;
    };
    return Object.entries(exports).map(([entry, { "@countersign/source": source }]) => [
      posix.join(name, entry),
      posix.join(folder, source),
    ]);
  }),
);

/** List every cycle of imports, types included, each once as its paths in a row. */
export function findCycles(modules: readonly ParsedModule[]): readonly (readonly string[])[] {
  const edges = new Map(modules.map((module) => [module.path, targetsOf(module)]));
  const finished = new Set<string>();
  const cycles: string[][] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) {
      cycles.push([...trail.slice(seenAt), path]);
      return;
    }
    if (finished.has(path)) {
      return;
    }
    for (const target of edges.get(path) ?? []) {
      walk(target, [...trail, path]);
    }
    finished.add(path);
  };
  for (const path of edges.keys()) {
    walk(path, []);
  }
  return cycles;
}

/** List everything that a file leads to, itself first. */
export function reachableFrom(path: string, modules: readonly ParsedModule[]): readonly ParsedModule[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const reached = new Set<ParsedModule>();
  const visit = (next: string): void => {
    const module = byPath.get(next);
    if (module === undefined || reached.has(module)) {
      return;
    }
    reached.add(module);
    for (const target of targetsOf(module)) {
      visit(target);
    }
  };
  visit(path);
  return [...reached];
}

function targetsOf(module: ParsedModule): readonly string[] {
  return module.imports.flatMap(({ specifier }) => resolveImport(module.path, specifier) ?? []);
}
