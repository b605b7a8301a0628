import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { appendFile, cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { CommandError } from "../usage-error.ts";
import { runProgram } from "./run-program.ts";

/** A copy of a project in which changes are made and tried first. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  /** The files of the project that are not ignored by git, with slashes. */
  readonly files: readonly string[];
  /** Write what has changed, as git does; empty when nothing has. */
  diff(): Promise<string>;
}

const git = (folder: string, args: readonly string[], input?: string): Promise<Buffer> =>
  runProgram("git", ["-c", "core.autocrlf=false", ...args], {
    cwd: folder,
    ...(input !== undefined && { input }),
  });

/**
 * Refuse a folder whose changes could not be told from those of the command.
 *
 * @throws CommandError when it is in no repository of git, or has changes that are not committed
 */
export async function assertClean(folder: string, isDirtyAllowed: boolean): Promise<void> {
  const status = await git(folder, ["status", "--porcelain", "--", "."]);
  if (status.length > 0 && !isDirtyAllowed) {
    throw new CommandError(
      "there are changes that are not committed: commit them, so that those of init can be undone, or say --allow-dirty",
    );
  }
}

const MODULES = /(?:^|\/)node_modules(?:\/|$)/;

/** Copy the files of a project that git does not ignore. What is installed is linked. */
export async function openStage(project: string): Promise<Stage> {
  const listed = await git(project, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  // A file that is deleted stays in the list until that is committed.
  const all = [...new Set(listed.toString().split("\0"))].filter(
    (file) => file !== "" && !MODULES.test(file) && existsSync(join(project, file)),
  );
  const files = all.filter((file) => !isLinkOutside(project, file));
  const kept = new Set(files);
  const place = await mkdtemp(join(tmpdir(), "countersign-init-"));
  // What a template of buf writes to `../..` stays in the folder that is deleted.
  const folder = join(place, "a/b/c/d/e/f/g/h");
  for (const file of all) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    const isLink = kept.has(file);
    const options = { verbatimSymlinks: isLink, dereference: !isLink, recursive: true };
    await cp(join(project, file), join(folder, file), options);
  }
  await linkModules(project, folder, files);
  await git(folder, ["init", "--quiet"]);
  // A link is no folder, which is what projects ignore.
  await appendFile(join(folder, ".git/info/exclude"), "node_modules\n");
  await git(folder, ["add", "--all"]);
  const tree = (await git(folder, ["write-tree"])).toString().trim();
  return {
    folder,
    files,
    async diff() {
      await git(folder, ["add", "--all"]);
      return (
        await git(folder, ["diff", "--cached", "--binary", "--no-color", "--no-ext-diff", tree])
      ).toString();
    },
    [Symbol.asyncDispose]: () => rm(place, { recursive: true, force: true }),
  };
}

/**
 * Check whether a file of a project is a link that leads out of its copy. What it leads to is copied, for buf, and is no file of
 * the project: a change of it would be written to where it leads.
 */
function isLinkOutside(project: string, file: string): boolean {
  const path = join(project, file);
  if (!lstatSync(path).isSymbolicLink()) {
    return false;
  }
  const target = relative(realpathSync(project), realpathSync(path));
  return isAbsolute(readlinkSync(path)) || isAbsolute(target) || target.split(sep)[0] === "..";
}

async function linkModules(project: string, folder: string, files: readonly string[]): Promise<void> {
  const packages = files.filter((file) => /(?:^|\/)package\.json$/.test(file));
  for (const place of new Set([".", ...packages.map((file) => dirname(file))])) {
    const modules = join(project, place, "node_modules");
    if (existsSync(modules)) {
      await symlink(modules, join(folder, place, "node_modules"));
    }
  }
}

/** Write what has changed in a stage to the project: all of it, or nothing. @throws CommandError when it cannot be written */
export async function applyDiff(project: string, diff: string): Promise<void> {
  const top = (await git(project, ["rev-parse", "--show-toplevel"])).toString().trim();
  const prefix = (await git(project, ["rev-parse", "--show-prefix"])).toString().trim();
  await git(
    top,
    ["apply", "--whitespace=nowarn", ...(prefix === "" ? [] : [`--directory=${prefix}`]), "-"],
    diff,
  );
}
