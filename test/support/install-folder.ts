import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * Install what the lock file of a folder names, unless it is there: this needs the registry or what npm has kept of it.
 *
 * @param folder has a package.json of its own, and is no workspace of the repository
 */
export async function installFolder(folder: string): Promise<void> {
  const wanted = await readPackages(join(folder, "package-lock.json"));
  const present = await readPackages(join(folder, "node_modules/.package-lock.json"));
  const isInstalled = Object.entries(wanted).every(
    ([path, { version, optional }]) => optional === true || present[path]?.version === version,
  );
  if (!isInstalled) {
    await promisify(execFile)("npm", ["ci", "--prefer-offline"], { cwd: folder });
  }
}

interface Locked {
  readonly version: string;
  /** Whether npm leaves it out where it is not for this platform. */
  readonly optional?: boolean;
}

async function readPackages(file: string): Promise<Readonly<Record<string, Locked>>> {
  const text = await readFile(file, "utf8").catch(() => '{ "packages": {} }');
  const { packages } = JSON.parse(text) as { packages: Record<string, Locked> };
  return Object.fromEntries(Object.entries(packages).filter(([path]) => path !== ""));
}
