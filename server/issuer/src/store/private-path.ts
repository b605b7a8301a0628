import { lstatSync, readlinkSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, join, parse, sep } from "node:path";

const ROOT_USER = 0;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const OTHERS_READ = 0o044;
const STICKY = 0o1000;
/** More links than Linux follows are a circle. */
const MAX_LINKS = 40;
const ADVICE = "take that from them, or allow it with insecure.sharedFiles (--insecure-shared-files)";

/** Receives why a file is not private. */
export type SharedFileSink = (why: string) => void;

/**
 * Check that only this user and root can change a file or what is in a directory, or put another in its place: as ssh
 * does, for the directories above it and the links on the way too. In a sticky one, such as `/tmp`, others cannot rename what
 * is this user's. Does nothing on Windows, whose rights Node cannot read, nor where the path is missing and those above it
 * are private.
 *
 * @param onShared receives why it is not private, instead of an error. Default: it is an error
 * @throws Error that names the path and its mode or owner
 */
export function assertPrivate(path: string, onShared?: SharedFileSink): void {
  if (process.platform === "win32") {
    return;
  }
  try {
    assertUnchanged(path, lstatSync(followPrivate(toAbsolute(path))), 0);
  } catch (error) {
    // The path is missing, or the caller, who opens it next, gets the same error.
    if (error instanceof Error && "code" in error) {
      return;
    }
    if (onShared === undefined) {
      throw error;
    }
    onShared(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Check the same of a SQLite database, its directory and the two files beside it, which SQLite reads as well.
 *
 * @throws Error that names the path and its mode or owner
 */
export function assertPrivateDatabase(file: string, onShared?: SharedFileSink): void {
  for (const path of [dirname(file), file, `${file}-wal`, `${file}-shm`]) {
    assertPrivate(path, onShared);
  }
}

/**
 * Check whether others can read a file of this user's. One of root's may be another's to read: that is how orchestrators
 * hand out secrets.
 */
export function isReadableByOthers(file: string): boolean {
  const { uid, mode } = statSync(file);
  return process.platform !== "win32" && uid === process.geteuid?.() && (mode & OTHERS_READ) !== 0;
}

/** Unlike `resolve`, it leaves `..` to be followed: behind a link, that leads elsewhere. */
function toAbsolute(path: string): string {
  return isAbsolute(path) ? path : `${process.cwd()}${sep}${path}`;
}

/** Follow a path and its links to where it leads, and check all on the way. */
function followPrivate(path: string): string {
  const { root } = parse(path);
  let current = root;
  let links = 0;
  const names = path.slice(root.length).split(sep);
  assertUnchanged(root, lstatSync(root), STICKY);
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = name === ".." ? dirname(current) : join(current, name);
    const stats = lstatSync(next);
    if (stats.isSymbolicLink()) {
      assertOwner(next, stats);
      const target = readlinkSync(next);
      links += 1;
      if (links > MAX_LINKS) {
        throw new Error(`${path} leads through more than ${MAX_LINKS} links`);
      }
      names.unshift(...target.split(sep));
      current = isAbsolute(target) ? root : current;
    } else {
      assertUnchanged(next, stats, STICKY);
      current = next;
    }
  }
  return current;
}

/** @param protection the bit of the mode that makes a directory safe although others write it */
function assertUnchanged(path: string, stats: Stats, protection: number): void {
  assertOwner(path, stats);
  if (isWritable(stats) && (stats.mode & protection) === 0) {
    throw new Error(`${path} can be changed by others: its mode is ${toOctal(stats)}: ${ADVICE}`);
  }
}

function assertOwner(path: string, { uid }: Stats): void {
  if (uid !== ROOT_USER && uid !== process.geteuid?.()) {
    throw new Error(`${path} can be changed by others: it is of user ${uid}: ${ADVICE}`);
  }
}

/** Whether others can write it. A group of the user's number is the user's own, and has no other members. */
function isWritable({ mode, uid, gid }: Stats): boolean {
  const isOwnGroup = gid === process.geteuid?.() || (gid === ROOT_USER && uid === ROOT_USER);
  return (mode & OTHERS_WRITE) !== 0 || ((mode & GROUP_WRITES) !== 0 && !isOwnGroup);
}

function toOctal({ mode }: Stats): string {
  return (mode & 0o7777).toString(8);
}
