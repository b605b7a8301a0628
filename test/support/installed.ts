import { existsSync, realpathSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A package where it is installed. */
export interface InstalledPackage {
  readonly name: string;
  readonly folder: string;
  /** Whether the application installs it itself: the packages of this repository name it as a peer. */
  readonly isPeer: boolean;
}

/** Which packages are of this repository. */
const OWN = /^(@countersign\/|countersign$)/;

/**
 * Find all that npm installs with packages: what they need, what that needs, and so on, without optional peers.
 *
 * @param folder where they are installed: the folder beside `node_modules`
 * @throws Error when a package is missing
 */
export async function findInstalled(
  folder: string,
  names: readonly string[],
): Promise<readonly InstalledPackage[]> {
  const found = new Map<string, string>();
  const peers = new Set<string>();
  const visit = async (needed: string, from: string): Promise<void> => {
    const at = resolvePackage(needed, from);
    if (found.get(needed) === at) {
      return;
    }
    found.set(needed, at);
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = await readManifest(at);
    const required = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
    if (OWN.test(needed)) {
      for (const peer of required) {
        peers.add(peer);
      }
    }
    // A peer of a package of ours is looked for beside the package, which may be a link to somewhere else.
    for (const next of [...Object.keys(dependencies), ...required]) {
      await visit(next, at);
    }
  };
  for (const name of names) {
    await visit(name, folder);
  }
  return [...found].map(([each, at]) => ({
    name: each,
    folder: at,
    isPeer: peers.has(each) && !OWN.test(each),
  }));
}

/** List what a package brings beside its peers and the packages of this repository. */
export function broughtBy(installed: readonly InstalledPackage[]): readonly string[] {
  return installed
    .filter(({ name, isPeer }) => !isPeer && !OWN.test(name))
    .map(({ name }) => name)
    .toSorted();
}

/** What the files of a package take on the disk, without packages inside of it. */
export async function sizeOf({ folder }: InstalledPackage): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) => entry.isFile() && !join(entry.parentPath.slice(folder.length), "/").includes("/node_modules/"),
  );
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
}

function resolvePackage(name: string, from: string): string {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, "node_modules", name);
    if (existsSync(folder)) {
      return realpathSync(folder);
    }
    if (at === dirname(at)) {
      throw new Error(`${name} is not installed at ${from}`);
    }
  }
}
