import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { type Dialect, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import { StoreMissingError } from "./migrations/migrate.ts";
import { toStoreError } from "./store-error.ts";

/** How many statements are kept ready: more than there are kinds of queries. */
const MAX_PREPARED = 200;

/** How long a write waits for one of another process, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** How the embedded database is opened. */
export interface SqliteOptions {
  /** Turns errors into those that callers understand. */
  readonly toError?: typeof toStoreError;
  /** Whether to make what is missing. Default: true. */
  readonly create?: boolean;
}

/**
 * Open an embedded database, and make the file and its folder when they are missing.
 *
 * Only the owner may read them. Every commit is on the disk before it is acknowledged.
 *
 * @throws Error when the folder cannot be written, or the database is missing and must not be made
 */
export function openSqlite(file: string, options: SqliteOptions = {}): Dialect {
  const { toError = toStoreError, create = true } = options;
  if (!create && !existsSync(file)) {
    throw new StoreMissingError(`there is no database ${file}: start the issuer on it first`);
  }
  if (create) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  }
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: BUSY_TIMEOUT_MS });
  if (create) {
    chmodSync(file, 0o600);
    database.exec("PRAGMA journal_mode = WAL");
  }
  database.exec("PRAGMA synchronous = FULL");
  return new SqliteDialect({ database: adaptDatabase(database, createTranslator(toError)) });
}

function adaptDatabase(database: DatabaseSync, translated: Translator): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  const prepare = (sql: string): SqliteStatement => {
    if (prepared.size >= MAX_PREPARED) {
      prepared.clear();
    }
    // A deferred transaction that reads first and writes later fails at once when another process wrote
    // in between; an immediate one waits its turn.
    const adapted = adaptStatement(database.prepare(sql === "begin" ? "begin immediate" : sql), translated);
    const statement = sql === "rollback" ? onlyInTransaction(database, adapted) : adapted;
    prepared.set(sql, statement);
    return statement;
  };
  return {
    close: () => database.close(),
    prepare: (sql) => translated(() => prepared.get(sql) ?? prepare(sql)),
  };
}

/** When the disk is full, SQLite has rolled back already: a second time would fail, and hide why. */
function onlyInTransaction(database: DatabaseSync, statement: SqliteStatement): SqliteStatement {
  return {
    ...statement,
    run: (parameters) =>
      database.isTransaction ? statement.run(parameters) : { changes: 0, lastInsertRowid: 0 },
  };
}

function adaptStatement(statement: StatementSync, translated: Translator): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => translated(() => statement.all(...toSqlite(parameters))),
    run: (parameters) => translated(() => statement.run(...toSqlite(parameters))),
    iterate: (parameters) => statement.iterate(...toSqlite(parameters)),
  };
}

/** Kysely types parameters as unknown; our queries bind only text, numbers and null. */
function toSqlite(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[];
}

/** Runs something of the database, and throws its errors as callers understand them. */
type Translator = <T>(run: () => T) => T;

function createTranslator(toError: typeof toStoreError): Translator {
  return (run) => {
    try {
      return run();
    } catch (error) {
      throw toError(error);
    }
  };
}
