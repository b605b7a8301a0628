import { CommandError } from "../usage-error.ts";
import type { Runner } from "./inventory-test.ts";

type Table = Readonly<Record<string, string>>;

/** A package.json, as far as it is asked here. */
export interface Manifest {
  readonly name?: string;
  readonly type?: string;
  readonly scripts?: Table;
  readonly dependencies?: Table;
  readonly devDependencies?: Table;
}

const GATE = "@countersign/server";
const PROTOBUF = "@bufbuild/protobuf";

/** The Protobuf-ES that the gate takes. */
const PROTOBUF_RANGE = "^2.17.0";

/** Ranges that begin with an older one of the same major release. */
const OLD_PROTOBUF = /^[\^~]?2\.(?:\d|1[0-6])(?!\d)/;

/** Have a manifest that names Protobuf-ES take one that the gate can use; otherwise it stays as it is. */
export function raiseProtobuf(text: string): string {
  return text.replace(
    /("@bufbuild\/protobuf"\s*:\s*")([^"]+)(")/g,
    (all, before: string, range: string, after: string) =>
      OLD_PROTOBUF.test(range) ? before + PROTOBUF_RANGE + after : all,
  );
}

/** Add a release of the gate, and what it needs, where they are missing. */
export function addDependencies(text: string, version: string): string {
  const manifest: Manifest = JSON.parse(text);
  const { dependencies = {}, devDependencies = {} } = manifest;
  const missing = Object.entries({ [GATE]: version, [PROTOBUF]: PROTOBUF_RANGE }).filter(
    ([name]) => dependencies[name] === undefined && devDependencies[name] === undefined,
  );
  const joined = Object.entries(dependencies)
    .concat(missing)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return missing.length === 0 ? text : write(text, { ...manifest, dependencies: Object.fromEntries(joined) });
}

/** Have the script that names the files of tests run one more. */
export function addTestFile(text: string, file: string): string {
  const manifest: Manifest = JSON.parse(text);
  const { test, ...scripts } = manifest.scripts ?? {};
  const named = /^.*[\w\]*}]\.(?:test|spec)\.[cm]?[jt]s(?=\s|$)/.exec(test ?? "")?.[0];
  if (test === undefined || named === undefined || named.includes("*")) {
    return text;
  }
  const longer = `${named} ${file}${test.slice(named.length)}`;
  return write(text, { ...manifest, scripts: { ...manifest.scripts, ...scripts, test: longer } });
}

/** Refuse what the gate cannot go into. @throws CommandError for Connect 1 */
export function assertConnect(path: string, { dependencies, devDependencies }: Manifest): void {
  const all = { ...dependencies, ...devDependencies };
  if (/^[\^~]?[01]\./.test(all["@connectrpc/connect"] ?? "") || all["@bufbuild/connect"] !== undefined) {
    throw new CommandError(`${path} has Connect 1, and the gate needs Connect 2: migrate first`);
  }
}

/**
 * Find how a package runs its tests; undefined when it has none, or none that a test of the gate can be added to.
 *
 * @param test one of its tests
 */
export function findRunner(
  { dependencies, devDependencies, scripts = {} }: Manifest,
  test: string,
): Runner | undefined {
  const all = { ...dependencies, ...devDependencies };
  const used = Object.values(scripts).join("\n");
  if (all.vitest !== undefined || /\bvitest\b/.test(used)) {
    return "vitest";
  }
  // Without that, Jest loads no ES modules, which the gate is made of.
  if (all.jest !== undefined && /experimental-vm-modules/.test(used)) {
    return test.includes("@jest/globals") ? "jestGlobals" : "jest";
  }
  return /\b(?:node|tsx)\b.*--test\b/.test(used) ? "node" : undefined;
}

/** Its indentation stays. */
function write(before: string, manifest: Manifest): string {
  const indent = /^[ \t]+/m.exec(before)?.[0] ?? "  ";
  return JSON.stringify(manifest, undefined, indent) + (/\n$/.exec(before)?.[0] ?? "");
}
