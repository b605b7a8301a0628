import { posix } from "node:path";
import type { ParsedModule } from "./parse-module.ts";

/** Find the file of the repository that a specifier means; undefined for a package from elsewhere. */
export function resolveImport(fromPath: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return posix.normalize(posix.join(posix.dirname(fromPath), specifier));
  const [, workspace, rest = ""] = /^@countersign\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  if (workspace === undefined) return undefined;
  if (workspace === "gen") return `gen/es/${rest.replace(/\.js$/, ".ts")}`;
  return ENTRIES[specifier] ?? `${workspace}/src/${rest}`;
}

const ENTRIES: Readonly<Record<string, string>> = {
  "@countersign/server": "server/src/index.ts",
  "@countersign/server/issuer": "server/src/issuer.ts",
  "@countersign/server/node": "server/src/node.ts",
  "@countersign/sdk": "sdk/src/index.ts",
  "@countersign/sdk/browser": "sdk/src/browser/index.ts",
  "@countersign/sdk/node": "sdk/src/node/index.ts",
};

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
    if (finished.has(path)) return;
    for (const target of edges.get(path) ?? []) walk(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return cycles;
}

function targetsOf(module: ParsedModule): readonly string[] {
  return module.imports.flatMap(({ specifier }) => resolveImport(module.path, specifier) ?? []);
}
