import { type Dialect, PostgresDialect } from "kysely";
import { type PoolConfig, types } from "pg";
import { createClientAdapter } from "./adapt-client.ts";
import { openServerPools, type StoreConnections } from "./server-pools.ts";
import { createStatementNames } from "./statement-names.ts";
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
  /**
   * Whether a pooler hands out connections by transaction. Limits of time then go with each transaction, and those of single
   * statements are the role's. Default: false, each connection begins with them.
   */
  readonly isPooled?: boolean;
  /** Whether statements can be prepared under a name. Default: true; false behind a pooler that carries no names. */
  readonly areNamed?: boolean;
  /** Turns errors into those that callers understand. */
  readonly toError?: typeof toStoreError;
}

/** How to use a Postgres database, and how its connections are used. */
export interface PostgresPools {
  readonly dialect: Dialect;
  connections(): StoreConnections;
}

/**
 * Open pools of connections to a Postgres database, one for each server that its URL names: whichever can be written is used.
 * Nothing is sent before the first query.
 */
export function openPostgres(url: string, options: PostgresOptions = {}): PostgresPools {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS, isPooled = false, toError = toStoreError } = options;
  const names = createStatementNames();
  if (options.areNamed === false) {
    names.stop();
  }
  const isLimited = statementTimeoutMs > 0;
  const config: PoolConfig = {
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...(isLimited ? { query_timeout: statementTimeoutMs + ANSWER_MARGIN_MS } : {}),
    ...(isPooled
      ? {}
      : {
          statement_timeout: statementTimeoutMs,
          idle_in_transaction_session_timeout: isLimited ? IDLE_IN_TRANSACTION_MS : 0,
        }),
    keepAlive: true,
    application_name: "countersign",
    types: { getTypeParser: (oid: number) => (oid === INT8 ? parseSafeInteger : types.getTypeParser(oid)) },
  };
  const pools = openServerPools(url, config);
  const rethrow = (error: unknown): never => {
    throw toError(error);
  };
  const adapt = createClientAdapter({
    begin: isPooled && isLimited ? toLimitedBegin(statementTimeoutMs) : "begin",
    names,
    onReadOnly: (client) => pools.moveOnFrom(client),
    rethrow,
  });
  const dialect = new PostgresDialect({
    pool: {
      options: {},
      end: () => pools.end(),
      connect: () => pools.connect().then(adapt, rethrow),
    },
  });
  return { dialect, connections: () => pools.counts() };
}

/** Begin a transaction with its own limits of time, in one message. */
function toLimitedBegin(statementTimeoutMs: number): string {
  return [
    "begin",
    `set local statement_timeout = ${statementTimeoutMs}`,
    `set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`,
  ].join("; ");
}

/** pg reads BIGINT as text; ours are times, counts and sequences, which a number holds exactly. */
function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError("a BIGINT of the database is too large for a number");
  }
  return value;
}
