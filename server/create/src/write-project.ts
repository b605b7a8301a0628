import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { Files } from "./compose-project.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Refuse a folder that a project cannot become.
 *
 * @throws UsageError when it has files, is a file, or is the one in which the command runs
 */
export function assertFree(folder: string): void {
  if (isDanglingLink(folder)) {
    throw new UsageError(`${folder} is a link to what is not there`);
  }
  if (!existsSync(folder)) {
    return;
  }
  if (listEntries(folder).length > 0) {
    throw new UsageError(`${folder} is not empty`);
  }
  // The folder is replaced: a shell in it would go on in one that is no longer there.
  if (!relative(realpathSync(folder), realpathSync(".")).startsWith("..")) {
    throw new UsageError("run the command beside the folder, not in it");
  }
}

function isDanglingLink(path: string): boolean {
  try {
    return !existsSync(path) && lstatSync(path).isSymbolicLink();
  } catch {
    return false; // nothing is there
  }
}

function listEntries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new UsageError(`${folder} cannot be read as a folder`, { cause: error });
  }
}

/**
 * Write a project: beside its folder first, so that a failure or a kill leaves no half of one.
 *
 * @throws UsageError when the folder is not free, or none can be made there
 */
export function writeProject(folder: string, files: Files): void {
  assertFree(folder);
  const staging = makeStaging(folder);
  try {
    // What mkdtemp makes is for its owner alone; the project is as the user's other folders are.
    const project = join(staging, basename(folder));
    mkdirSync(project);
    for (const [path, text] of files) {
      const file = join(project, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { mode: isPrivate(path) ? 0o600 : 0o666 });
    }
    if (existsSync(folder)) {
      rmdirSync(folder);
    }
    renameSync(project, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function makeStaging(folder: string): string {
  const parent = dirname(folder);
  try {
    mkdirSync(parent, { recursive: true });
    return mkdtempSync(join(parent, `.${basename(folder)}-`));
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new UsageError(`nothing can be made in ${parent} (${code})`, { cause });
  }
}

/** It holds the password of an account. */
function isPrivate(path: string): boolean {
  return path === ".env";
}
