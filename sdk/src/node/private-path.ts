import type { Stats } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { dirname, isAbsolute, join, parse, sep } from "node:path";

const ROOT_USER = 0;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;
// More links than Linux follows are a circle.
const MAX_LINKS = 40;

/**
 * Check that only this user and root can change what is in a directory, or put another in its place: as ssh does,
 * for the directory, those above it and the links on the way. In a sticky directory, such as `/tmp`, others cannot rename
 * what is this user's. Does nothing on Windows, whose rights Node cannot read.
 *
 * @throws Error that names the path and its mode or owner
 */
export async function assertPrivateDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") {
    return;
  }
  const path = toAbsolute(directory);
  const { root } = parse(path);
  let current = root;
  let links = 0;
  const names = path.slice(root.length).split(sep);
  assertUnchanged(root, await lstat(root), STICKY);
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = name === ".." ? dirname(current) : join(current, name);
    const stats = await lstat(next);
    if (stats.isSymbolicLink()) {
      assertOwner(next, stats);
      const target = await readlink(next);
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
  // In the directory itself, others could take the names of files.
  assertUnchanged(current, await lstat(current), 0);
}

/** Unlike `resolve`, it leaves `..` to be followed: behind a link, that leads elsewhere. */
function toAbsolute(path: string): string {
  return isAbsolute(path) ? path : `${process.cwd()}${sep}${path}`;
}

/** Check that this user or root has written a file, and that others cannot write it. */
export function isPrivateFile(stats: Stats): boolean {
  return stats.isFile() && (process.platform === "win32" || (isOwn(stats) && !isWritable(stats)));
}

/** @param protection the bit of the mode that makes a directory safe although others write it */
function assertUnchanged(path: string, stats: Stats, protection: number): void {
  assertOwner(path, stats);
  if (isWritable(stats) && (stats.mode & protection) === 0) {
    throw new Error(`${path} can be changed by others: its mode is ${(stats.mode & 0o7777).toString(8)}`);
  }
}

function assertOwner(path: string, stats: Stats): void {
  if (!isOwn(stats)) {
    throw new Error(`${path} can be changed by others: it is of user ${stats.uid}`);
  }
}

function isOwn({ uid }: Stats): boolean {
  return uid === ROOT_USER || uid === process.geteuid?.();
}

/** Whether others can write it. A group of the user's number is the user's own, and has no other members. */
function isWritable({ mode, uid, gid }: Stats): boolean {
  const isOwnGroup = gid === process.geteuid?.() || (gid === ROOT_USER && uid === ROOT_USER);
  return (mode & OTHERS_WRITE) !== 0 || ((mode & GROUP_WRITES) !== 0 && !isOwnGroup);
}
