import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { reasonOf } from "../reason-of.ts";
import { CommandError } from "../usage-error.ts";

const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

/** Read a file; undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: unknown) => {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  });
}

/**
 * Write a file for the owner only, in one step: a process that is killed leaves the old one or the new one.
 *
 * @throws CommandError when it cannot be written
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  await throughTemporary(path, text, (temporary) => rename(temporary, path));
}

/**
 * Write a file for the owner only, in one step, unless it is there.
 *
 * @returns whether it was not
 * @throws CommandError when it cannot be written
 */
export async function writeFirst(path: string, text: string): Promise<boolean> {
  return throughTemporary(path, text, (temporary) =>
    link(temporary, path).then(
      () => true,
      (error: unknown) => {
        if (codeOf(error) === "EEXIST") {
          return false;
        }
        throw error;
      },
    ),
  );
}

async function throughTemporary<T>(
  path: string,
  text: string,
  finish: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: OWNER_ONLY_DIRECTORY });
    await writeFile(temporary, text, { flag: "wx", mode: OWNER_ONLY, flush: true });
    return await finish(temporary);
  } catch (cause) {
    throw new CommandError(`${dirname(path)} cannot be written: ${reasonOf(cause)}`, { cause });
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Check whether an error says that there is no such file: a part of its path may be missing, or be a file. */
export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
