import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from "kysely";
import type { BusyRetry } from "./busy-retry.ts";
import type { toStoreError } from "./store-error.ts";

/** How many statements are kept ready: more than there are kinds of queries. */
const MAX_PREPARED = 200;

/** How statements are run. */
export interface SqliteDriverOptions {
  readonly retry: BusyRetry;
  /** Turns errors into those that callers understand. */
  readonly toError: typeof toStoreError;
}

/** Create what runs the statements of kysely on an embedded database. It closes it. */
export function createSqliteDriver(database: DatabaseSync, options: SqliteDriverOptions): Driver {
  const connection = createConnection(database, options);
  const run = async (through: DatabaseConnection, sql: string): Promise<void> => {
    await through.executeQuery(CompiledQuery.raw(sql));
  };
  return {
    init: async () => undefined,
    acquireConnection: async () => connection,
    // A deferred transaction that reads first and writes later fails at once when another process wrote
    // in between; an immediate one waits its turn.
    beginTransaction: (through) => run(through, "begin immediate"),
    commitTransaction: (through) => run(through, "commit"),
    async rollbackTransaction(through) {
      // When the disk is full, SQLite has rolled back already: a second time would fail, and hide why.
      if (database.isTransaction) {
        await run(through, "rollback");
      }
    },
    releaseConnection: async () => undefined,
    destroy: async () => database.close(),
  };
}

function createConnection(
  database: DatabaseSync,
  { retry, toError }: SqliteDriverOptions,
): DatabaseConnection {
  const prepared = new Map<string, Prepared>();
  const prepare = (sql: string): Prepared => {
    const known = prepared.get(sql);
    if (known !== undefined) {
      return known;
    }
    if (prepared.size >= MAX_PREPARED) {
      prepared.clear();
    }
    const statement = database.prepare(sql);
    const fresh = { statement, hasRows: statement.columns().length > 0 };
    prepared.set(sql, fresh);
    return fresh;
  };
  return {
    executeQuery: <R>({ sql, parameters }: CompiledQuery) =>
      // Kysely types parameters as unknown; our queries bind only text, numbers and null.
      retry(() => execute<R>(prepare(sql), parameters as SQLInputValue[])).catch((error: unknown) => {
        throw toError(error);
      }),
    streamQuery() {
      throw new Error("queries of SQLite are not streamed");
    },
  };
}

interface Prepared {
  readonly statement: StatementSync;
  readonly hasRows: boolean;
}

function execute<R>({ statement, hasRows }: Prepared, parameters: SQLInputValue[]): QueryResult<R> {
  if (hasRows) {
    // The query says what its rows are, and kysely has typed it by that.
    return { rows: statement.all(...parameters) as R[] };
  }
  const { changes, lastInsertRowid } = statement.run(...parameters);
  return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
}
