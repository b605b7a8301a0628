import { resolveImport } from "./import-graph.ts";
import type { ParsedModule } from "./parse-module.ts";
import { type Rule, violations } from "./rules.ts";

// A workspace may import itself and those listed. No workspace imports test.
const WORKSPACES: Readonly<Record<string, readonly string[]>> = {
  gen: [],
  "server/gate": ["gen"],
  "server/node": ["gen", "server/gate"],
  "server/issuer": ["gen", "server/gate"],
  "server/demo": ["gen", "server/gate", "server/node", "server/issuer"],
  // The command signs its user in at servers and providers, as any program does that uses the SDK.
  "server/cli": ["gen", "sdk", "server/gate", "server/node", "server/issuer", "server/demo"],
  "server/create": [],
  sdk: ["gen"],
  "web-demo": ["gen", "sdk"],
};

/**
 * Imports go `proto → gen → server | sdk → web-demo` and, in the server, `cli → demo → { node, issuer } → gate`. The command
 * alone uses both halves.
 */
export const workspaceDirections: Rule = (module) => {
  const home = workspaceOf(module.path);
  const allowed = WORKSPACES[home];
  if (allowed === undefined) {
    return [];
  }
  return violations(module, ({ specifier }) => {
    const target = workspaceOf(resolveImport(module.path, specifier) ?? module.path);
    return target === home || allowed.includes(target) ? undefined : `${home} may not import ${target}`;
  });
};

function workspaceOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return first === "server" ? `${first}/${second}` : first;
}

/** Between packages, an import goes through an entry of the package: no path leads from one into another. */
export const throughEntries: Rule = (module) => {
  const home = workspaceOf(module.path);
  if (WORKSPACES[home] === undefined) {
    return [];
  }
  return violations(module, ({ specifier }) =>
    specifier.startsWith(".") && workspaceOf(resolveImport(module.path, specifier) ?? "") !== home
      ? `${specifier} leads into another package`
      : undefined,
  );
};

type Layers = Readonly<Record<string, number>>;

// A folder may import those with a larger number. Folders of one number do not see each other. What has 0, and a file that
// is not listed, puts its package together: it sees all of these, and none of them sees it.
const LAYERS: Readonly<Record<string, Layers>> = {
  "server/gate/src": {
    // Entries that not every server loads. They take what they need from `internal.ts`, as other packages do: importing the modules
    // themselves would split the bundle of the gate into more files, each of which a server loads at start.
    opentelemetry: 0,
    testing: 0,
    // Presets are written in what anybody can write: the options.
    issuers: 1,
    services: 1,
    connect: 2,
    // What transmitters of security events say of tokens of other providers.
    "security-events": 3,
    // What an issuer says of its tokens afterwards, to servers that are not its own.
    signals: 4,
    // What other providers say of theirs has ended.
    logouts: 5,
    // A stream is renewed under the policy of its method.
    streams: 5,
    authorize: 6,
    // That the sender of a token holds the key which it is bound to.
    binding: 6,
    authenticate: 7,
    keys: 8,
    // What tokens can be revoked by, in memory.
    revoked: 8,
    kernel: 9,
    errors: 10,
  },
  "server/node/src": {
    // Which calls are served without Connect's own handler, and how.
    unary: 1,
    streams: 1,
    // What the gate, the interceptors and the handler see of a call.
    call: 2,
    // A request and the way to answer it.
    exchange: 3,
    "respond.ts": 4,
    // What of Connect is no public part of it.
    "connect-protocol.ts": 5,
    "handler.ts": 5,
  },
  "server/issuer/src": {
    "create-issuer": 0,
    // Buses for servers of one's own.
    bus: 1,
    oauth2: 1,
    signals: 1,
    services: 2,
    renewal: 3,
    sessions: 4,
    credentials: 4,
    revoke: 4,
    keys: 5,
    store: 6,
  },
};

/** Inside a package of the server, a file imports from its own folder or from layers below it. */
export const serverLayers: Rule = (module) => {
  const root = Object.keys(LAYERS).find((folder) => module.path.startsWith(`${folder}/`));
  return root === undefined ? [] : upwardImports(module, root, LAYERS[root] ?? {});
};

function upwardImports(module: ParsedModule, root: string, layers: Layers): readonly string[] {
  const home = folderIn(root, module.path) ?? "";
  if (module.path.startsWith(`${root}/${home}/`) && layers[home] === undefined) {
    throw new Error(`${root}/${home} has no place among the layers`);
  }
  const own = layers[home] ?? 0;
  return violations(module, ({ specifier }) => {
    const target = folderIn(root, resolveImport(module.path, specifier) ?? "");
    if (target === undefined || target === home || own < (layers[target] ?? 0)) {
      return undefined;
    }
    return own === 0 ? undefined : `${root}/${home} may not import ${target}`;
  });
}

function folderIn(root: string, path: string): string | undefined {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1).split("/", 1)[0] : undefined;
}
