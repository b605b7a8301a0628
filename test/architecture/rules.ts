import { resolveImport } from "./import-graph.ts";
import type { Found, ParsedModule } from "./parse-module.ts";

/** A rule of the house over one module. It returns what breaks it, one sentence each. */
export type Rule = (module: ParsedModule) => readonly string[];

// Folders of the SDK that may use what only Node or only a browser has.
const SDK_SHELLS = /^sdk\/src\/(browser|dpop|node|react)\//;

/** The core of the SDK runs anywhere: no Node module, no process, nothing of its own shells. */
export const portableSdkCore: Rule = (module) => {
  if (!module.path.startsWith("sdk/src/") || SDK_SHELLS.test(module.path)) {
    return [];
  }
  const imports = violations(module, ({ specifier }) => {
    if (specifier.startsWith("node:")) {
      return `the core of the SDK may not import ${specifier}`;
    }
    const target = resolveImport(module.path, specifier) ?? "";
    return SDK_SHELLS.test(target) ? `the core of the SDK may not import ${target}` : undefined;
  });
  return [...imports, ...sightings(module, ["global process"])];
};

// main.ts hands its process to the terminal; no other file knows it.
const OWN_ENVIRONMENT = new Set([
  ...["config.ts", "main.ts", "terminal.ts"].map((name) => `server/cli/src/${name}`),
  // Whether refusals are written by default: a library has no one else to ask.
  "server/gate/src/kernel/is-production.ts",
  // What npm says of the user's Node.
  "server/create/src/main.ts",
]);

/** Of the shipped code, only the commands read the environment, and the gate `NODE_ENV`. */
export const oneReaderOfTheEnvironment: Rule = (module) => {
  const isShipped = /^(server\/\w+|sdk|web-demo)\/src\//.test(module.path);
  return isShipped && !OWN_ENVIRONMENT.has(module.path) ? sightings(module, ["environment"]) : [];
};

/** Types are kept: no `any`, no `!`, no enum, no switching the checker off. */
export const honestTypes: Rule = (module) => {
  const off = linesWith(module, /@ts-(ignore|nocheck)\b/).map(
    (line) => `${at(module, line)} switches tsc off`,
  );
  return [...sightings(module, ["any", "non-null assertion", "enum"]), ...off];
};

/**
 * What a module exports has a name of its own. Tools read their configuration as a default export, and a
 * declaration file says what others export.
 */
export const namedExports: Rule = (module) =>
  /\.(config\.m?[jt]s|d\.ts)$/.test(module.path)
    ? sightings(module, ["export *"])
    : sightings(module, ["export *", "default export"]);

// Only these talk to the libraries behind them, so that those can be exchanged.
const KEEPERS: readonly { readonly library: RegExp; readonly home: RegExp }[] = [
  { library: /^(kysely|pg|node:sqlite)(\/|$)/, home: /^server\/(issuer\/src\/store|demo\/src\/notes)\// },
  {
    // A later release may lack a name of it: see there.
    library: /^@connectrpc\/connect\/protocol/,
    home: /^server\/node\/src\/connect-protocol\.ts$/,
  },
  {
    library: /^jose(\/|$)/,
    home: /^server\/(gate\/src\/(authenticate\/verify-signature\.ts|keys\/)|issuer\/src\/(keys\/|credentials\/))/,
  },
];

/** Databases are met in store/ only, and jose where tokens and keys are made or checked. */
export const keptLibraries: Rule = (module) => {
  if (!module.path.startsWith("server/")) {
    return [];
  }
  return violations(module, ({ specifier }) => {
    const keeper = KEEPERS.find(({ library }) => library.test(specifier));
    return keeper === undefined || keeper.home.test(module.path)
      ? undefined
      : `${specifier} is not for this file`;
  });
};

/** Servers notify each other over the bus: what passes by it, a bus that is given never receives. A hint goes both ways. */
export const notifyOverTheBus: Rule = (module) => {
  const isFree = !/^server\/\w+\/src\//.test(module.path) || BUS_FILE.test(module.path);
  const lines = isFree ? [] : linesWith(module, /pg_notify|["`]\s*NOTIFY\b/i);
  return lines.map((line) => `${at(module, line)} notifies past the bus`);
};

const BUS_FILE = /^server\/issuer\/src\/store\/(publish-batches|revocation-hints)\.ts$/;

/** Find what a judge has to say of the imports of a module, one sentence each. */
export function violations(
  module: ParsedModule,
  judge: (imported: ParsedModule["imports"][number]) => string | undefined,
): readonly string[] {
  return module.imports.flatMap((imported) => {
    const complaint = judge(imported);
    return complaint === undefined ? [] : [`${at(module, imported.line)} ${complaint}`];
  });
}

function sightings(module: ParsedModule, what: readonly Found["what"][]): readonly string[] {
  return module.found
    .filter((found) => what.includes(found.what))
    .map((found) => `${at(module, found.line)} ${found.what}`);
}

function linesWith(module: ParsedModule, pattern: RegExp): readonly number[] {
  return module.text.split("\n").flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

function at(module: ParsedModule, line: number): string {
  return `${module.path}:${line}`;
}
