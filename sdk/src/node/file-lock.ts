import { constants } from "node:fs";
import { open, unlink, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

/** Options of {@link createFileLock}. */
export interface FileLockOptions {
  /** How long to wait for another process, in milliseconds. Default 3,000. */
  readonly maxWaitMs?: number;
}

const DEFAULT_MAX_WAIT_MS = 3_000;
const POLL_MS = 25;
const HEARTBEAT_MS = 1_000;
const MAX_SILENCE_MS = 30_000;
const OWNER_ONLY = 0o600;
/** More than the owner of a lock writes. */
const MAX_BYTES = 4_096;

/**
 * Let processes take turns with a file that exists while one of them is at work.
 *
 * It saves requests, and nothing depends on it: a process that has waited too long goes on without it, and a lock that
 * a killed process left behind is taken away.
 */
export function createFileLock(
  path: string,
  options: FileLockOptions = {},
): <T>(run: () => Promise<T>) => Promise<T> {
  const { maxWaitMs = DEFAULT_MAX_WAIT_MS } = options;
  return async (run) => {
    const release = await acquire(path, maxWaitMs);
    try {
      return await run();
    } finally {
      await release?.();
    }
  };
}

type Release = () => Promise<void>;

async function acquire(path: string, maxWaitMs: number): Promise<Release | undefined> {
  // The monotonic clock: a machine that slept has not been waiting.
  for (const untilMs = performance.now() + maxWaitMs; performance.now() < untilMs; ) {
    try {
      return await take(path);
    } catch (error) {
      if (!isExisting(error)) {
        return undefined;
      }
    }
    if (await isAbandoned(path)) {
      await unlink(path).catch(ignore);
    } else {
      await delay(POLL_MS);
    }
  }
  return undefined;
}

async function take(path: string): Promise<Release> {
  const file = await open(path, "wx", OWNER_ONLY);
  await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
  await file.close();
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(ignore), HEARTBEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    await unlink(path).catch(ignore);
  };
}

/** Whether the process of this lock is known to be gone. */
async function isAbandoned(path: string): Promise<boolean> {
  try {
    const { text, mtimeMs } = await readLock(path);
    if (Date.now() - mtimeMs > MAX_SILENCE_MS) {
      return true;
    }
    const owner: unknown = text === "" ? {} : JSON.parse(text);
    return isOwner(owner) && owner.host === hostname() && !isAlive(owner.pid);
  } catch {
    // Released meanwhile, or being written: the next look decides.
    return false;
  }
}

/** Read a lock. What is none, such as a pipe that another user has put there, has no text: reading could wait without end. */
async function readLock(path: string): Promise<{ readonly text: string; readonly mtimeMs: number }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    const isLock = stats.isFile() && stats.size <= MAX_BYTES;
    return { text: isLock ? await file.readFile("utf8") : "", mtimeMs: stats.mtimeMs };
  } finally {
    await file.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

function isOwner(value: unknown): value is { readonly pid: number; readonly host: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    "pid" in value &&
    typeof value.pid === "number" &&
    "host" in value
  );
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

/** Another process was faster, which is what is wanted. */
function ignore(): void {}
