import type { PostgresPoolClient } from "kysely";
import type { PoolClient, QueryResult } from "pg";
import type { StatementNames } from "./statement-names.ts";

/** What statements of a client are adapted with. */
export interface ClientAdaption {
  /** What begins a transaction. */
  readonly begin: string;
  /** The names of prepared statements. */
  readonly names: StatementNames;
  /** Called when the server can only be read: it has become one that follows another. */
  readonly onReadOnly: (client: PoolClient) => void;
  readonly rethrow: (error: unknown) => never;
}

/** The error of a change at a server that follows another one. */
const READ_ONLY = "25006";

/** Errors of a statement that is not prepared on the connection, or is already: a pooler has mixed up connections. */
const UNKNOWN_NAME: ReadonlySet<string> = new Set(["26000", "42P05"]);

/** The error of a statement that was prepared before the tables were changed, among others. */
const NOT_SUPPORTED = "0A000";

/** @returns adapts clients. Kysely knows connections by their object, so that of one client must always be the same. */
export function createClientAdapter(options: ClientAdaption): (client: PoolClient) => PostgresPoolClient {
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

function adaptClient(
  client: PoolClient,
  { begin, names, onReadOnly, rethrow }: ClientAdaption,
): PostgresPoolClient {
  let isLost = false;
  const run = async (text: string, values: readonly unknown[]): Promise<QueryResult> => {
    const name = values.length === 0 ? undefined : names.nameOf(text, values);
    try {
      return await client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
    } catch (error) {
      const code = codeOf(error);
      if (UNKNOWN_NAME.has(code)) {
        names.stop();
      }
      // It was not carried out. In a transaction, this fails as well: the transaction is over.
      if (name !== undefined && (UNKNOWN_NAME.has(code) || code === NOT_SUPPORTED)) {
        isLost = true;
        return await client.query({ text, values: [...values] });
      }
      throw error;
    }
  };
  return {
    query: (sql: string, parameters: readonly unknown[]) =>
      run(sql === "begin" ? begin : sql, parameters).catch((error: unknown) => {
        const isReadOnly = codeOf(error) === READ_ONLY;
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

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
