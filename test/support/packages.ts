import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runProgram } from "./program.ts";

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The folders of the packages that are published, by their names without the scope. */
const FOLDERS = {
  gen: "gen",
  sdk: "sdk",
  server: "server/gate",
  node: "server/node",
  issuer: "server/issuer",
  demo: "server/demo",
  countersign: "server/cli",
  create: "server/create",
} as const;

/** One of them, without the scope of its name. */
export type PublishedName = keyof typeof FOLDERS;

/** The packages that are published. */
export const PUBLISHED = Object.keys(FOLDERS) as readonly PublishedName[];

/** Where the packages are packed to for tests. */
export const TARBALLS = join(ROOT, "test/output/packages");

/** Pack everything once. Vitest calls it before the tests of what is published. */
export { packPublished as setup };

/** Pack all packages that are published, to where {@link tarballOf} finds them. */
export async function packPublished(): Promise<void> {
  await run(process.execPath, [join(ROOT, "scripts/setup.mjs"), "pack", "--to", TARBALLS]);
}

/** Find the tarball of a package. */
export function tarballOf(name: PublishedName): string {
  return join(TARBALLS, readIndex(TARBALLS)[packageName(name)] ?? "");
}

/** Read which tarball in a folder is of which package: what `npm run pack` writes beside them. */
export function readIndex(folder: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(folder, "packages.json"), "utf8"));
}

/** Programs, which are run by their names. */
const PROGRAMS: Partial<Record<PublishedName, string>> = {
  countersign: "countersign",
  create: "create-countersign",
};

/** The name that a package is imported by. */
export function packageName(name: PublishedName): string {
  return PROGRAMS[name] ?? `@countersign/${name}`;
}

/** Unpack a package into a folder, as npm does when it installs it. */
export async function unpack(name: PublishedName, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await run("tar", ["-xzf", tarballOf(name), "-C", folder, "--strip-components", "1"]);
}

/** Read the manifest of a package in the repository. */
export async function readManifest(name: PublishedName): Promise<Manifest> {
  return JSON.parse(await readFile(join(ROOT, FOLDERS[name], "package.json"), "utf8"));
}

/** What a package says of itself, as far as it is asked here. */
export interface Manifest {
  readonly version: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** List a package together with those of this repository that it needs. */
export async function withOwnPackages(name: PublishedName): Promise<readonly PublishedName[]> {
  const { dependencies = {}, peerDependencies = {} } = await readManifest(name);
  const needed = { ...dependencies, ...peerDependencies };
  const own = PUBLISHED.filter((other) => packageName(other) in needed);
  return [...new Set([...(await Promise.all(own.map(withOwnPackages))).flat(), name])];
}

/** List the packages that some of the published ones need, without those of this repository. */
export async function externalPackages(names: readonly PublishedName[]): Promise<readonly string[]> {
  const manifests = await Promise.all(names.map(readManifest));
  const wanted = manifests.flatMap(({ dependencies = {}, peerDependencies = {} }) =>
    Object.keys({ ...dependencies, ...peerDependencies }),
  );
  const own = new Set(PUBLISHED.map(packageName));
  return [...new Set(wanted)].filter((name) => !own.has(name));
}

/** Run a tool of the repository. Answers what it printed; rejects with it when it fails. */
export async function runTool(name: string, args: readonly string[], cwd: string): Promise<string> {
  const file = join(ROOT, "node_modules/.bin", name);
  const { code, stdout, stderr } = await runProgram({ file, args, cwd });
  if (code !== 0) {
    throw new Error(`${name} failed:\n${stdout}${stderr}`);
  }
  return stdout + stderr;
}

/** A project that somebody begins with. */
export interface ProjectOptions {
  readonly folder: string;
  /** The tarballs that are installed. */
  readonly published: readonly PublishedName[];
  /** Packages beside them; taken from this repository, so that no network is needed. */
  readonly packages: readonly string[];
  /** Its files by name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Make a fresh project outside of the repository, with packed packages installed by npm. */
export async function createProject({ folder, published, packages, files }: ProjectOptions): Promise<string> {
  await mkdir(folder, { recursive: true });
  const manifest = { name: "fresh", private: true, type: "module" };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
  }
  const links = packages.map((name) => join(ROOT, "node_modules", name));
  const specs = [...published.map(tarballOf), ...links];
  // The scripts of packages that are linked to would run in this repository.
  const options = ["--no-audit", "--no-fund", "--offline", "--ignore-scripts"];
  await run("npm", ["install", ...options, ...specs], { cwd: folder });
  return folder;
}
