import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startProgram } from "../../support/program.ts";

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SDK = join(ROOT, "sdk");

/** The folder of the package as it is published. */
export const PUBLISHED = join(SDK, "package");

/** Run a tool of the repository. Answers what it printed; rejects with it when it fails. */
export async function runTool(name: string, args: readonly string[], cwd: string): Promise<string> {
  const program = startProgram({ file: join(ROOT, "node_modules/.bin", name), args, cwd });
  const { code, stdout, stderr } = await program.ended;
  if (code !== 0) throw new Error(`${name} failed:\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** Build the package and pack it. Answers the path of the tarball. */
export async function pack(folder: string): Promise<string> {
  await runTool("tsdown", ["--log-level", "error"], SDK);
  const { stdout } = await run("npm", ["pack", "--pack-destination", folder, "--json"], { cwd: PUBLISHED });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return join(folder, filename);
}

/** A project that somebody begins with. */
export interface ProjectOptions {
  readonly folder: string;
  readonly tarball: string;
  /** Packages beside the SDK; taken from this repository, so that no network is needed. */
  readonly packages: readonly string[];
  /** Its files by name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Make a fresh project outside of the repository, with the packed SDK installed by npm. */
export async function createProject({ folder, tarball, packages, files }: ProjectOptions): Promise<string> {
  await mkdir(folder, { recursive: true });
  const manifest = { name: "fresh", private: true, type: "module" };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const links = packages.map((name) => join(ROOT, "node_modules", name));
  await run("npm", ["install", "--no-audit", "--no-fund", "--offline", tarball, ...links], { cwd: folder });
  return folder;
}
