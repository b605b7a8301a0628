import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installFolder } from "../support/install-folder.ts";
import { PUBLISHED, packageName, unpack } from "../support/packages.ts";

/** Releases of Connect and of its adapters that one app can have at once. */
export interface ConnectSet {
  readonly connect: string;
  readonly node: string;
  readonly express?: string;
  readonly fastify?: string;
  readonly next?: string;
}

/**
 * What the tests run on: the oldest release that is in our range, the one that connect-next demands, the newest without
 * a gate, the first with one, and the newest. Adapters demand their own release of connect; there is no 2.3.0 of all.
 */
export const CONNECT_SETS: readonly ConnectSet[] = [
  { connect: "2.0.0", node: "2.0.0" },
  { connect: "2.1.1", node: "2.1.1", next: "2.1.1" },
  { connect: "2.1.2", node: "2.1.2", express: "2.1.2", fastify: "2.1.2" },
  { connect: "2.2.0", node: "2.2.0", express: "2.2.0", fastify: "2.2.0" },
  { connect: "2.3.0", node: "2.3.0" },
];

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** The folder in which they are installed. */
export const VERSIONS = join(HERE, "versions");

/** Install all releases side by side, once: this needs the registry or what npm has kept of it. */
export function installVersions(): Promise<void> {
  return installFolder(VERSIONS);
}

/** Read what a release demands of others. */
export async function readPeers(adapter: string): Promise<Readonly<Record<string, string>>> {
  const manifest = await readFile(join(VERSIONS, "node_modules", adapter, "package.json"), "utf8");
  return JSON.parse(manifest).peerDependencies ?? {};
}

/** List the releases of a set by the names of their packages. */
export function packagesOf(set: ConnectSet): readonly { readonly name: string; readonly folder: string }[] {
  return Object.entries(set).map(([part, version]: [string, string]) => {
    const name = part === "connect" ? part : `connect-${part}`;
    return { name: `@connectrpc/${name}`, folder: `${name}-${version}` };
  });
}

/** Copy a set into the `node_modules` of a folder. */
export async function copyConnect(set: ConnectSet, folder: string): Promise<void> {
  for (const { name, folder: release } of packagesOf(set)) {
    await cp(join(VERSIONS, "node_modules", release), join(folder, "node_modules", name), {
      recursive: true,
    });
  }
}

/**
 * Make an app that has one set of Connect and the packed packages, without npm: its `node_modules` holds copies of both,
 * and everything else is found above it, in the repository's. What imports Connect finds this one.
 *
 * @returns the folder of its programs
 */
export async function createApp(set: ConnectSet): Promise<string> {
  const app = join(HERE, "../output/compat", set.connect);
  await rm(app, { recursive: true, force: true });
  await copyConnect(set, app);
  for (const name of PUBLISHED) {
    await unpack(name, join(app, "node_modules", packageName(name)));
  }
  // What the programs import by path lies where it lies in the repository.
  await cp(join(HERE, "program"), join(app, "compat/program"), { recursive: true });
  await cp(join(HERE, "../support/echo-service.ts"), join(app, "support/echo-service.ts"));
  return join(app, "compat/program");
}
