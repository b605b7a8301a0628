import { cp, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { repositoryRoot } from "../architecture/source-tree.ts";
import { PUBLISHED, tarballOf } from "../support/packages.ts";
import { type ProgramOptions, type ProgramResult, runProgram } from "../support/program.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";

const EXAMPLES = join(repositoryRoot, "docs/examples");

/** What is made in the folder of an example, and not part of it. */
const MADE = new Set(["node_modules", "dist", "data", "gen", "gopath", ".next"]);

/** How an example is installed. */
export interface InstallOptions {
  /** Take other packages than ours from this repository, so that no network is needed. Default: npm fetches them. */
  readonly isOffline?: boolean;
}

/**
 * Copy an example out of the repository, and install it as its README says, with the packages that were packed. Its types
 * are checked where it has some.
 *
 * @throws Error with what was printed when one of these fails
 */
export async function installExample(
  name: string,
  { isOffline = false }: InstallOptions = {},
): Promise<TemporaryFolder> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder());
  const cwd = folder.path;
  const filter = (path: string) => !MADE.has(basename(path));
  // The protos are a link.
  await cp(join(EXAMPLES, name), cwd, { recursive: true, dereference: true, filter });
  const { scripts, ...manifest } = JSON.parse(await readFile(join(cwd, "package.json"), "utf8"));
  const specs = [...PUBLISHED.map(tarballOf), ...(isOffline ? linksOf(manifest) : [])];
  // The scripts of packages that are linked to would run in this repository.
  const source = isOffline ? ["--offline", "--ignore-scripts"] : ["--prefer-offline"];
  const args = ["install", "--no-save", "--no-audit", "--no-fund", ...source, ...specs];
  await succeed({ file: "npm", args, cwd });
  if (scripts.types !== undefined) {
    await succeed({ file: "npm", args: ["run", "types"], cwd });
  }
  stack.move();
  return folder;
}

type Needs = Readonly<Record<"dependencies" | "devDependencies", Readonly<Record<string, string>>>>;

function linksOf({ dependencies, devDependencies }: Needs): readonly string[] {
  const names = Object.keys({ ...dependencies, ...devDependencies });
  const others = names.filter((name) => !/^(@countersign\/|countersign$)/.test(name));
  return others.map((name) => join(repositoryRoot, "node_modules", name));
}

/** Run a program that has to succeed. */
export async function succeed(options: ProgramOptions): Promise<ProgramResult> {
  const result = await runProgram(options);
  if (result.code !== 0) {
    throw new Error(`${options.args.join(" ")}:\n${result.stdout}${result.stderr}`);
  }
  return result;
}
