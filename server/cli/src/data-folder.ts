import { accessSync, constants, mkdirSync } from "node:fs";
import { reasonOf } from "./reason-of.ts";
import { CommandError } from "./usage-error.ts";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EEXIST: "it is a file",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is a file",
  EPERM: "this user may not write there",
  EROFS: "the file system can only be read",
};

/**
 * Make the folder of the database and the secret file when it is missing, for the owner alone.
 *
 * @throws CommandError when it cannot be made or written
 */
export function makeDataFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const why = REASONS[code] ?? reasonOf(cause);
    throw new CommandError(`the data folder ${path} cannot be used: ${why}. Name another with --data-dir`, {
      cause,
    });
  }
}
