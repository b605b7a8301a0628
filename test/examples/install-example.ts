import { cp, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { repositoryRoot } from "../architecture/source-tree.ts";
import { PUBLISHED, tarballOf } from "../support/packages.ts";
import { type ProgramOptions, type ProgramResult, runProgram } from "../support/program.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";

const EXAMPLES = join(repositoryRoot, "docs/examples");

/** What is made in the folder of an example, and not part of it. */
const MADE = new Set(["node_modules", "dist", "data", "gen", "gopath", ".next"]);

/**
 * Copy an example out of the repository, and install it as its README says, with the packages that were packed. Its types
 * are checked where it has some.
 *
 * @throws Error with what was printed when one of these fails
 */
export async function installExample(name: string): Promise<TemporaryFolder> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder());
  const cwd = folder.path;
  await copyExample(name, cwd);
  const { scripts } = JSON.parse(await readFile(join(cwd, "package.json"), "utf8"));
  const options = ["--no-save", "--no-audit", "--no-fund", "--prefer-offline"];
  const args = ["install", ...options, ...PUBLISHED.map(tarballOf)];
  await succeed({ file: "npm", args, cwd });
  if (scripts.types !== undefined) {
    await succeed({ file: "npm", args: ["run", "types"], cwd });
  }
  stack.move();
  return folder;
}

/** Copy an example without what is made in its folder. */
export async function copyExample(name: string, to: string): Promise<void> {
  const filter = (path: string) => !MADE.has(basename(path));
  // The protos are a link.
  await cp(join(EXAMPLES, name), to, { recursive: true, dereference: true, filter });
}

/** Run a program that has to succeed. */
export async function succeed(options: ProgramOptions): Promise<ProgramResult> {
  const result = await runProgram(options);
  if (result.code !== 0) {
    throw new Error(`${options.args.join(" ")}:\n${result.stdout}${result.stderr}`);
  }
  return result;
}
