import { resolveImport } from "./import-graph.ts";
import type { ParsedModule } from "./parse-module.ts";
import { type Rule, violations } from "./rules.ts";

// From left to right: a workspace may import itself and those listed, and nobody imports test.
const WORKSPACES: Readonly<Record<string, readonly string[]>> = {
  gen: [],
  server: ["gen"],
  sdk: ["gen"],
  "web-demo": ["gen", "sdk"],
  test: ["gen", "server", "sdk", "web-demo"],
};

/** Imports between workspaces go proto → gen → server | sdk → web-demo, and nothing sees test. */
export const workspaceDirections: Rule = (module) => {
  const [home = ""] = module.path.split("/");
  return violations(module, ({ specifier }) => {
    const [target = ""] = resolveImport(module.path, specifier)?.split("/") ?? [home];
    return target === home || WORKSPACES[home]?.includes(target) === true
      ? undefined
      : `${home} may not import ${target}`;
  });
};

type Layers = Readonly<Record<string, number>>;

// A folder may import those with a larger number. Folders of one number do not see each other.
const SERVER_LAYERS: Layers = {
  "index.ts": 0,
  "issuer.ts": 0,
  "node.ts": 0,
  cli: 1,
  http: 2,
  services: 3,
  connect: 4,
  operate: 5,
  // A stream is renewed under the policy of its method.
  streams: 6,
  authorize: 7,
  credentials: 7,
  revoke: 7,
  issue: 7,
  authenticate: 8,
  keys: 9,
  store: 10,
  errors: 11,
  "clock.ts": 12,
};

/** Inside the server, a file imports from its own folder or from layers below it. */
export const serverLayers: Rule = (module) =>
  upwardImports(module, "server/src", (folder) => {
    const layer = SERVER_LAYERS[folder];
    if (layer === undefined) throw new Error(`server/src/${folder} has no place among the layers`);
    return layer;
  });

// What is not listed puts the HTTP side together: it sees all of these, and none of them sees it.
const HTTP_LAYERS: Layers = {
  oauth2: 1,
  // Which calls are served without Connect's own handler, and how.
  unary: 1,
  // What the gate, the interceptors and the handler see of a call.
  call: 2,
  // A request and the way to answer it.
  exchange: 3,
  "respond.ts": 4,
  "timeout-headers.ts": 4,
  // What of Connect is no public part of it.
  "connect-protocol.ts": 5,
  "handler.ts": 5,
};

/** The same inside the server's HTTP side. */
export const httpLayers: Rule = (module) =>
  upwardImports(module, "server/src/http", (folder) => HTTP_LAYERS[folder]);

function upwardImports(
  module: ParsedModule,
  root: string,
  layerOf: (folder: string) => number | undefined,
): readonly string[] {
  const home = folderIn(root, module.path);
  if (home === undefined) return [];
  const own = layerOf(home);
  return violations(module, ({ specifier }) => {
    const target = folderIn(root, resolveImport(module.path, specifier) ?? "");
    if (own === undefined || target === undefined || target === home) return undefined;
    return own < (layerOf(target) ?? 0) ? undefined : `${root}/${home} may not import ${target}`;
  });
}

function folderIn(root: string, path: string): string | undefined {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1).split("/", 1)[0] : undefined;
}
