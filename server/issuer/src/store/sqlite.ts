import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "@countersign/server";
import { systemClock } from "@countersign/server/internal";
import { type Dialect, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { createBusyRetry } from "./busy-retry.ts";
import { StoreMissingError } from "./migrations/migrate.ts";
import { assertPrivateDatabase, type SharedFileSink } from "./private-path.ts";
import { createSqliteDriver } from "./sqlite-driver.ts";
import { toStoreError } from "./store-error.ts";

/** How the embedded database is opened. */
export interface SqliteOptions {
  /** Turns errors into those that callers understand. */
  readonly toError?: typeof toStoreError;
  /** Whether to make what is missing. Default: true. */
  readonly create?: boolean;
  /** Receives why others can change the files, which are taken nevertheless. Default: that is an error. */
  readonly onShared?: SharedFileSink | undefined;
  /** Times the attempts while another connection writes. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Open an embedded database, and make the file and its folder when they are missing.
 *
 * Only the owner may read them. Every commit is on the disk before it is acknowledged. While another connection writes,
 * of this process or another, statements wait for up to 5 s, and the process goes on.
 *
 * @throws Error when the folder cannot be written, others can change it or the files, or the database is missing and must not be made
 */
export async function openSqlite(file: string, options: SqliteOptions = {}): Promise<Dialect> {
  const { toError = toStoreError, create = true, clock = systemClock, onShared } = options;
  assertPrivateDatabase(file, onShared);
  if (!create && !existsSync(file)) {
    throw new StoreMissingError(`there is no database ${file}: start the issuer on it first`);
  }
  if (create) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  }
  const retry = createBusyRetry(clock);
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 0 });
  try {
    if (create) {
      chmodSync(file, 0o600);
      await retry(() => database.exec("PRAGMA journal_mode = WAL"));
    }
    await retry(() => database.exec("PRAGMA synchronous = FULL"));
    if (onShared === undefined) {
      // Looked at again: below a sticky directory, another user may have made first what was missing.
      assertPrivateDatabase(file);
    }
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    createDriver: () => createSqliteDriver(database, { retry, toError }),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}
