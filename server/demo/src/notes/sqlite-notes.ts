import { existsSync } from "node:fs";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { systemClock } from "@countersign/server";
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Change, NoteDatabase } from "./note-database.ts";
import type { NoteSchema } from "./note-schema.ts";
import { isBusy, toOutage } from "./outage.ts";

/** How long a change waits for one of another connection, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** How often it tries to begin meanwhile, in milliseconds. */
const RETRY_MS = 5;

/** Kysely builds the statements, and has no connection to run them on. */
const BUILDER = {
  createAdapter: () => new SqliteAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
};

/**
 * Open the notes in a SQLite database, over a connection beside the issuer's.
 *
 * The issuer writes to the same file from the same process, and SQLite has one writer at a time. One that waits inside
 * SQLite stops the process, and with it the other one. So a change of notes runs in one go, and one that finds the file
 * locked waits outside of SQLite.
 *
 * @throws Error when there is no such file: the issuer makes it, for its owner alone
 */
export function openSqliteNotes(file: string): NoteDatabase {
  if (!existsSync(file)) {
    throw new Error(`there is no database ${file}: start the issuer on it first`);
  }
  const database = new DatabaseSync(file, { timeout: 0 });
  database.exec("PRAGMA synchronous = FULL");
  const run = ({ sql, parameters }: CompiledQuery): readonly unknown[] =>
    // Kysely types parameters as unknown; the notes' are text, numbers and null.
    database.prepare(sql).all(...(parameters as SQLInputValue[]));
  return {
    dialect: "sqlite",
    db: new Kysely<NoteSchema>({ dialect: BUILDER }),
    read: async (statement) => orOutage(() => run(statement.compile()) as never),
    change: (statements) => changeWhenFree(database, () => runAll(statements, run)),
    [Symbol.asyncDispose]: async () => database.close(),
  };
}

async function changeWhenFree<T>(database: DatabaseSync, change: () => T): Promise<T> {
  const endMs = systemClock.monotonicMs() + BUSY_TIMEOUT_MS;
  while (!orOutage(() => tryToBegin(database, systemClock.monotonicMs() < endMs))) {
    await pause();
  }
  return orOutage(() => commit(database, change));
}

/**
 * @returns whether the transaction has begun; `false` when another connection writes, and there is time to try again
 */
function tryToBegin(database: DatabaseSync, mayRetry: boolean): boolean {
  try {
    database.exec("begin immediate");
    return true;
  } catch (error) {
    if (mayRetry && isBusy(error)) {
      return false;
    }
    throw error;
  }
}

function commit<T>(database: DatabaseSync, change: () => T): T {
  try {
    const result = change();
    database.exec("commit");
    return result;
  } catch (error) {
    // When the disk is full, SQLite has rolled back already.
    if (database.isTransaction) {
      database.exec("rollback");
    }
    throw error;
  }
}

function runAll<T>(statements: Change<T>, run: (statement: CompiledQuery) => readonly unknown[]): T {
  let step = statements.next();
  while (step.done !== true) {
    step = statements.next(run(step.value));
  }
  return step.value;
}

function orOutage<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw toOutage(error);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => systemClock.schedule(resolve, RETRY_MS, { keepsProcessAlive: true }));
}
