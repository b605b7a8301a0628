import { accessSync, constants, globSync, rmSync, statfsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is removed with everything in it when it is disposed of. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Create an empty folder for one test: `await using folder = await createTemporaryFolder()`. */
export async function createTemporaryFolder(parent = tmpdir()): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(parent, "countersign-test-"));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

const MEMORY = "/dev/shm";

/** So much must be free there: what containers have is often less than one database. */
const LEAST_FREE_BYTES = 2 ** 31;

/**
 * Find the parent of folders for databases: in memory where the machine has a place for it, since a commit there does
 * not wait for the disk. Everything is durable that outlives a process, as these tests need it.
 */
export function databaseParent(): string {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= LEAST_FREE_BYTES ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Remove what runs have left in memory that were killed before they could tidy up. */
export function removeLeftovers(): void {
  for (const path of globSync(`${MEMORY}/countersign-*`)) {
    const changedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - changedMs > DAY_MS) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}
