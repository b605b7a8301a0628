import { cp, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PUBLISHED, tarballOf } from "../support/packages.ts";
import { type ProgramOptions, type ProgramResult, runProgram } from "../support/program.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";

const EXAMPLES = fileURLToPath(new URL("../../docs/examples", import.meta.url));

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
  const filter = (path: string) => !MADE.has(basename(path));
  // The protos are a link.
  await cp(join(EXAMPLES, name), cwd, { recursive: true, dereference: true, filter });
  const install = ["install", "--no-save", "--prefer-offline", "--no-audit", "--no-fund"];
  await succeed({ file: "npm", args: [...install, ...PUBLISHED.map(tarballOf)], cwd });
  const { scripts } = JSON.parse(await readFile(join(cwd, "package.json"), "utf8"));
  if (scripts.types !== undefined) {
    await succeed({ file: "npm", args: ["run", "types"], cwd });
  }
  stack.move();
  return folder;
}

/** Run a program that has to succeed. */
export async function succeed(options: ProgramOptions): Promise<ProgramResult> {
  const result = await runProgram(options);
  if (result.code !== 0) {
    throw new Error(`${options.args.join(" ")}:\n${result.stdout}${result.stderr}`);
  }
  return result;
}
