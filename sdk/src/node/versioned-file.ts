import { randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";

/** A text and which version of the file it is. */
export interface VersionedText {
  /** 0 when there is none yet. */
  readonly version: number;
  readonly text: string | undefined;
}

const NAME = /^session-(\d{12})\.json$/;
const DIGITS = 12;
const TEMPORARY = ".tmp";
const MAX_UNFINISHED_MS = 60_000;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
// Each failure means that a newer version took the place of the one that was read.
const MAX_RACES = 100;

/** Read the newest version. */
export async function readNewest(directory: string): Promise<VersionedText> {
  for (let races = 0; ; races += 1) {
    const [version = 0] = await versionsOf(directory);
    if (version === 0) {
      return { version, text: undefined };
    }
    try {
      return { version, text: await readFile(pathOf(directory, version), "utf8") };
    } catch (error) {
      if (!hasCode(error, "ENOENT") || races >= MAX_RACES) {
        throw error;
      }
    }
  }
}

/**
 * Write a version that must be the next one. Answers whether it is.
 *
 * Every version is a file of its own that is complete before it gets its name; the name can be given once. So no
 * lock is needed, and a process that is killed at any point leaves nothing half done.
 */
export async function writeNext(directory: string, { version, text }: VersionedText): Promise<boolean> {
  await mkdir(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  const temporary = join(directory, `${randomUUID()}${TEMPORARY}`);
  try {
    await writeDurably(temporary, text ?? "");
    await link(temporary, pathOf(directory, version));
  } catch (error) {
    if (hasCode(error, "EEXIST")) {
      return false;
    }
    throw error;
  } finally {
    await unlink(temporary).catch(ignore);
  }
  // The name was free because it had been used and cleared away: others are ahead.
  const [newest = 0, ...older] = await versionsOf(directory);
  if (newest > version) {
    await unlink(pathOf(directory, version)).catch(ignore);
    return false;
  }
  await syncDirectory(directory);
  for (const old of older) {
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

/** The versions that are there, newest first. */
async function versionsOf(directory: string): Promise<readonly number[]> {
  try {
    const versions = (await readdir(directory)).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
    return versions.filter((version) => version > 0).sort((a, b) => b - a);
  } catch (error) {
    if (hasCode(error, "ENOENT")) {
      return [];
    }
    throw error;
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

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Another process has cleared it away already. */
function ignore(): void {}
