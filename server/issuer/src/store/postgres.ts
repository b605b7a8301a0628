import { type Dialect, PostgresDialect, type PostgresPoolClient } from "kysely";
import { Pool, type PoolClient, types } from "pg";
import { toStoreError } from "./store-error.ts";

/** Connections of one server: more than that only queue inside Postgres. */
const MAX_CONNECTIONS = 10;

/** How long a call waits for a connection, in milliseconds, before the store counts as unavailable. */
const CONNECT_TIMEOUT_MS = 5_000;

/** How long one statement may take, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 10_000;

/** How much later than that the answer may come, in milliseconds: after that, the network has lost it. */
const ANSWER_MARGIN_MS = 5_000;

/** How long a transaction may wait for its server, in milliseconds: one that is gone must not hold locks for long. */
const IDLE_IN_TRANSACTION_MS = 10_000;

const { INT8 } = types.builtins;

/** How a database is used. */
export interface PostgresOptions {
  /** How long one statement may take, in milliseconds. Default 10 s; 0: as long as it takes, as for migrations. */
  readonly statementTimeoutMs?: number | undefined;
  /** Turns errors into those that callers understand. */
  readonly toError?: typeof toStoreError;
}

/** Open a pool of connections to a Postgres database. Nothing is sent before the first query. */
export function openPostgres(url: string, options: PostgresOptions = {}): Dialect {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS, toError = toStoreError } = options;
  const isLimited = statementTimeoutMs > 0;
  const pool = new Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    ...(isLimited ? { query_timeout: statementTimeoutMs + ANSWER_MARGIN_MS } : {}),
    idle_in_transaction_session_timeout: isLimited ? IDLE_IN_TRANSACTION_MS : 0,
    keepAlive: true,
    application_name: "countersign",
    types: { getTypeParser: (oid: number) => (oid === INT8 ? parseSafeInteger : types.getTypeParser(oid)) },
  });
  // An idle connection that breaks has no caller to fail; the next query finds out by itself.
  pool.on("error", () => undefined);
  // A connection that breaks in use fails its query, and emits an error as well, which without a listener would end the
  // process.
  pool.on("connect", (client) => void client.on("error", () => undefined));
  const rethrow = (error: unknown): never => {
    throw toError(error);
  };
  return new PostgresDialect({
    pool: {
      options: {},
      end: () => pool.end(),
      connect: () => pool.connect().then((client) => adaptClient(client, rethrow), rethrow),
    },
  });
}

/** Kysely knows connections by their object, so that of one client must always be the same. */
const adapted = new WeakMap<object, PostgresPoolClient>();

function adaptClient(client: PoolClient, rethrow: (error: unknown) => never): PostgresPoolClient {
  const known = adapted.get(client);
  if (known !== undefined) {
    return known;
  }
  let isLost = false;
  const adaptedClient = {
    query: (sql: string, parameters: readonly unknown[]) =>
      client.query(sql, [...parameters]).catch((error: unknown) => {
        // pg gives up on the answer, not on the connection: the next query on it would wait as long again.
        isLost ||= error instanceof Error && error.message === "Query read timeout";
        return rethrow(error);
      }),
    release: (destroy?: boolean) => client.release(isLost || destroy),
    // Kysely's type has a second form of query, for cursors, which we give it none of.
  } as unknown as PostgresPoolClient;
  adapted.set(client, adaptedClient);
  return adaptedClient;
}

/** pg reads BIGINT as text; ours are times, counts and sequences, which a number holds exactly. */
function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError("a BIGINT of the database is too large for a number");
  }
  return value;
}
