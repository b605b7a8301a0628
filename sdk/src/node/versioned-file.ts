import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, link, lstat, mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { isPrivateFile } from "./private-path.ts";

/** The newest version of a file that makes sense. */
export interface NewestVersion<T> {
  /** What is in it; `undefined` when there is none yet. */
  readonly value: T | undefined;
  /** The number of the version to write after it. */
  readonly next: number;
}

/** A text and which version of the file it is. */
export interface VersionedText {
  readonly version: number;
  readonly text: string;
}

const NAME = /^session-(\d{12})\.json$/;
const DIGITS = 12;
const TEMPORARY = ".tmp";
const MAX_UNFINISHED_MS = 60_000;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
// Each failure means that a newer version took the place of the one that was read.
const MAX_RACES = 100;
/** More than all tokens that headers can carry. */
const MAX_BYTES = 256 * 1024;
// A session writes once in minutes: a number so far ahead of the one before is no version of it, and would be the last.
const MAX_FIRST = 1_000_000_000;
const MAX_STEP = 1_000_000;

/**
 * Read the newest version that makes sense. One that others may have written, that cannot be read, is larger than 256 KiB
 * or far ahead of the rest counts for nothing.
 *
 * @param parse reads the text of a version; `undefined`: it makes no sense
 */
export async function readNewest<T>(
  directory: string,
  parse: (text: string) => T | undefined,
): Promise<NewestVersion<T>> {
  for (let races = 0; ; races += 1) {
    const { versions, next } = await listVersions(directory);
    try {
      for (const version of versions) {
        const text = await readPrivate(pathOf(directory, version));
        const value = text === undefined ? undefined : parse(text);
        if (value !== undefined) {
          return { value, next };
        }
      }
      return { value: undefined, next };
    } catch (error) {
      if (!hasCode(error, ["ENOENT"]) || races >= MAX_RACES) {
        throw error;
      }
    }
  }
}

/** Make the directory when it is missing, for the owner only. */
export async function makeDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
}

/**
 * Write a version that must be the next one. Answers whether it is.
 *
 * Every version is a file of its own that is complete before it gets its name; the name can be given once. So no
 * lock is needed, and a process that is killed at any point leaves nothing half done.
 *
 * @throws Error when it has more than 256 KiB
 */
export async function writeNext(directory: string, { version, text }: VersionedText): Promise<boolean> {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new Error("the session is too long for a file");
  }
  const temporary = join(directory, `${randomUUID()}${TEMPORARY}`);
  try {
    await writeDurably(temporary, text);
    await link(temporary, pathOf(directory, version));
  } catch (error) {
    if (hasCode(error, ["EEXIST"])) {
      return false;
    }
    throw error;
  } finally {
    await unlink(temporary).catch(ignore);
  }
  // The name was free because it had been used and cleared away: others are ahead.
  const { versions, ignored } = await listVersions(directory);
  const [newest = 0, ...older] = versions;
  if (newest > version) {
    await unlink(pathOf(directory, version)).catch(ignore);
    return false;
  }
  await syncDirectory(directory);
  for (const old of [...older, ...ignored.filter((other) => other < version)]) {
    await unlink(pathOf(directory, old)).catch(ignore);
  }
  await sweep(directory);
  return true;
}

/** Clear away what killed processes had not finished: it holds tokens as well. */
async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.endsWith(TEMPORARY)) {
      continue;
    }
    const path = join(directory, name);
    const ageMs = await stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs, ignore);
    if (ageMs !== undefined && ageMs > MAX_UNFINISHED_MS) {
      await unlink(path).catch(ignore);
    }
  }
}

/** The versions that are there. */
interface Versions {
  /** Those that this user or root has written, newest first. */
  readonly versions: readonly number[];
  /** Those that count for nothing. */
  readonly ignored: readonly number[];
  /** The first number behind the newest that is not taken, not even by one that is ignored. */
  readonly next: number;
}

async function listVersions(directory: string): Promise<Versions> {
  const versions: number[] = [];
  const ignored: number[] = [];
  let next = 1;
  for (const version of await numbersIn(directory)) {
    const stats = await lookAt(pathOf(directory, version));
    if (stats === undefined) {
      continue;
    }
    const [newest] = versions;
    const isNear = version <= (newest === undefined ? MAX_FIRST : newest + MAX_STEP);
    if (isNear && isPrivateFile(stats) && stats.size <= MAX_BYTES) {
      versions.unshift(version);
      next = version + 1;
    } else {
      ignored.push(version);
      next += version === next ? 1 : 0;
    }
  }
  return { versions, ignored, next };
}

/** @returns `undefined` when another process has cleared it away */
async function lookAt(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, ["ENOENT"])) {
      return undefined;
    }
    throw error;
  }
}

/** The numbers that files have, the smallest first. */
async function numbersIn(directory: string): Promise<readonly number[]> {
  try {
    const numbers = (await readdir(directory)).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
    return numbers.filter((number) => number > 0).sort((a, b) => a - b);
  } catch (error) {
    if (hasCode(error, ["ENOENT"])) {
      return [];
    }
    throw error;
  }
}

/** Read a file that others cannot have written; `undefined` for another, and one that this user may not read. */
async function readPrivate(path: string): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    // A link leads elsewhere, and a pipe in the file's place would be waited for without end. Windows has neither flag: `|`
    // takes what is undefined there for 0.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await file.stat();
    return isPrivateFile(stats) && stats.size <= MAX_BYTES ? await file.readFile("utf8") : undefined;
  } catch (error) {
    if (hasCode(error, ["EACCES", "EPERM", "ELOOP"])) {
      return undefined;
    }
    throw error;
  } finally {
    await file?.close();
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", OWNER_ONLY);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open a directory; its file systems keep the order by themselves.
  if (process.platform === "win32") {
    return;
  }
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function pathOf(directory: string, version: number): string {
  return join(directory, `session-${String(version).padStart(DIGITS, "0")}.json`);
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** Another process has cleared it away already. */
function ignore(): void {}
