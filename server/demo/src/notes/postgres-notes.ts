import { type CompiledQuery, Kysely, PostgresDialect } from "kysely";
import { Pool, types } from "pg";
import type { Change, NoteDatabase } from "./note-database.ts";
import type { NoteSchema } from "./note-schema.ts";
import { toOutage } from "./outage.ts";

const MAX_CONNECTIONS = 5;

/** How long a call waits for a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** How long a statement may take, and a transaction wait for its next one, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 10_000;

/** How long the answer to a statement may take, in milliseconds: longer, and the network has lost it. */
const ANSWER_TIMEOUT_MS = 15_000;

const { INT8 } = types.builtins;

/** Open the notes in a Postgres database. Nothing is sent before the first statement. */
export function openPostgresNotes(url: string): NoteDatabase {
  const pool = new Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    application_name: "countersign-demo",
    // pg reads BIGINT as text; times and sequences are exact as numbers.
    types: { getTypeParser: (oid: number) => (oid === INT8 ? Number : types.getTypeParser(oid)) },
  });
  // A connection that breaks fails its query, if it has one. An error event without a listener would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => void client.on("error", () => undefined));
  const db = new Kysely<NoteSchema>({ dialect: new PostgresDialect({ pool }) });
  return {
    dialect: "postgres",
    db,
    read: (statement) => orOutage(async () => (await db.executeQuery(statement)).rows),
    change: (statements) =>
      orOutage(() =>
        db
          .transaction()
          .execute((trx) =>
            runAll(statements, async (statement) => (await trx.executeQuery(statement)).rows),
          ),
      ),
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

async function runAll<T>(
  statements: Change<T>,
  run: (statement: CompiledQuery) => Promise<readonly unknown[]>,
): Promise<T> {
  let step = statements.next();
  while (step.done !== true) {
    step = statements.next(await run(step.value));
  }
  return step.value;
}

async function orOutage<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toOutage(error);
  }
}
