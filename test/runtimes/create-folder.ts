import { cp, mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installFolder } from "../support/install-folder.ts";
import { PUBLISHED, packageName, unpack } from "../support/packages.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Where the runtimes and frameworks are installed. */
export const INSTALLED = join(HERE, "versions/node_modules");

/** Where Bun is installed: alone, since `npm test` serves on it. */
export const BUN = join(HERE, "bun/node_modules");

/** What programs import of it, beside what is in the repository. */
const FRAMEWORKS = [
  "@hono/node-server",
  "hono",
  "@nestjs/common",
  "@nestjs/core",
  "@nestjs/platform-express",
  "reflect-metadata",
  "rxjs",
];

/** What they import by path, which lies where it lies in the repository. */
const COPIED = ["runtimes/program", "compat/program", "support/echo-service.ts"];

/**
 * Make a folder with the packed packages and the frameworks, and everything else found above it, in the repository.
 *
 * @returns the folder of its programs
 */
export async function createFolder(): Promise<string> {
  await installFolder(join(HERE, "versions"));
  return createFolderFor("runtimes", FRAMEWORKS);
}

/** Make a folder with the packed packages for Bun alone. @returns the folder of its programs */
export function createFolderForBun(): Promise<string> {
  return createFolderFor("bun", []);
}

async function createFolderFor(name: string, installed: readonly string[]): Promise<string> {
  await installFolder(join(HERE, "bun"));
  const folder = join(HERE, "../output", name);
  await rm(folder, { recursive: true, force: true });
  await fillFolder(folder, installed);
  return join(folder, "runtimes/program");
}

/** Fill a folder with the packed packages, with some that were installed, and with the programs. */
export async function fillFolder(folder: string, installed: readonly string[]): Promise<void> {
  for (const name of PUBLISHED) {
    await unpack(name, join(folder, "node_modules", packageName(name)));
  }
  for (const name of installed) {
    const link = join(folder, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(INSTALLED, name), link);
  }
  for (const path of COPIED) {
    await cp(join(HERE, "..", path), join(folder, path), { recursive: true });
  }
}
