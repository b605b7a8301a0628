import { type Dialect, PostgresDialect, type PostgresPoolClient } from "kysely";
import { type PoolClient, type PoolConfig, types } from "pg";
import { openServerPools } from "./server-pools.ts";
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
  /** Turns errors into those that callers understand. */
  readonly toError?: typeof toStoreError;
}

/**
 * Open pools of connections to a Postgres database, one for each server that its URL names: whichever can be written is used.
 * Nothing is sent before the first query.
 */
export function openPostgres(url: string, options: PostgresOptions = {}): Dialect {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS, isPooled = false, toError = toStoreError } = options;
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
    onReadOnly: (client) => pools.moveOnFrom(client),
    rethrow,
  });
  return new PostgresDialect({
    pool: {
      options: {},
      end: () => pools.end(),
      connect: () => pools.connect().then(adapt, rethrow),
    },
  });
}

/** Begin a transaction with its own limits of time, in one message. */
function toLimitedBegin(statementTimeoutMs: number): string {
  return [
    "begin",
    `set local statement_timeout = ${statementTimeoutMs}`,
    `set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`,
  ].join("; ");
}

/** What statements of a client are adapted with. */
interface ClientAdaption {
  /** What begins a transaction. */
  readonly begin: string;
  /** Called when the server can only be read: it has become one that follows another. */
  readonly onReadOnly: (client: PoolClient) => void;
  readonly rethrow: (error: unknown) => never;
}

/** The error of a change at a server that follows another one. */
const READ_ONLY = "25006";

/** @returns adapts clients. Kysely knows connections by their object, so that of one client must always be the same. */
function createClientAdapter(options: ClientAdaption): (client: PoolClient) => PostgresPoolClient {
  const adapted = new WeakMap<PoolClient, PostgresPoolClient>();
  return (client) => {
    const known = adapted.get(client);
    if (known !== undefined) {
      return known;
    }
    const made = adaptClient(client, options);
    adapted.set(client, made);
    return made;
  };
}

function adaptClient(client: PoolClient, { begin, onReadOnly, rethrow }: ClientAdaption): PostgresPoolClient {
  let isLost = false;
  return {
    query: (sql: string, parameters: readonly unknown[]) =>
      client.query(sql === "begin" ? begin : sql, [...parameters]).catch((error: unknown) => {
        const isReadOnly = hasCode(error, READ_ONLY);
        if (isReadOnly) {
          onReadOnly(client);
        }
        // pg gives up on the answer, not on the connection: the next query on it would wait as long again.
        isLost ||= isReadOnly || (error instanceof Error && error.message === "Query read timeout");
        return rethrow(error);
      }),
    release: (destroy?: boolean) => client.release(isLost || destroy),
    // Kysely's type has a second form of query, for cursors, which we give it none of.
  } as unknown as PostgresPoolClient;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** pg reads BIGINT as text; ours are times, counts and sequences, which a number holds exactly. */
function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError("a BIGINT of the database is too large for a number");
  }
  return value;
}
