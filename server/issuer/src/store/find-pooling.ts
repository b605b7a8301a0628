import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { listServerUrls } from "./server-urls.ts";

const CONNECT_TIMEOUT_MS = 5_000;

/** No pooler sets a role's statements a limit of just this. */
const PROBE_TIMEOUT_MS = 9_876;

/** The error of a protocol that is not kept to, as a pooler names it that takes no settings with a connection. */
const PROTOCOL_VIOLATION = "08P01";

/** How connections to a database take settings. */
export interface Pooling {
  /** Whether a pooler hands out connections by transaction: settings of a connection are then none of the client's. */
  readonly isPooled: boolean;
  /** Whether statements of the role have a limit of time without a setting of the connection. */
  readonly hasStatementTimeout: boolean;
  /** Whether statements that are prepared under a name can be used again. */
  readonly carriesNames: boolean;
}

/** Find out whether a pooler is in front of a database. It refuses or ignores a setting that a connection begins with. */
export async function findPooling(url: string): Promise<Pooling> {
  let failure: unknown;
  for (const server of listServerUrls(url)) {
    try {
      return await findAt(server);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function findAt(url: string): Promise<Pooling> {
  const found = await probe(url, { statement_timeout: PROBE_TIMEOUT_MS }).catch((error: unknown) => {
    if (isRefusedSetting(error)) {
      return undefined;
    }
    throw error;
  });
  return found ?? (await probe(url, {}));
}

async function probe(url: string, settings: { readonly statement_timeout?: number }): Promise<Pooling> {
  const client = new Client({
    ...settings,
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
    application_name: "countersign",
  });
  // A connection that breaks fails its query as well.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ statement_timeout: string }>("SHOW statement_timeout");
    const timeout = rows[0]?.statement_timeout;
    return timeout === `${PROBE_TIMEOUT_MS}ms`
      ? { isPooled: false, hasStatementTimeout: false, carriesNames: true }
      : { isPooled: true, hasStatementTimeout: timeout !== "0", carriesNames: await translatesNames(client) };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Find out whether a pooler prepares statements itself, under names of its own, at each connection that needs them. Where
 * Postgres knows the very name that was sent, the next connection does not know it.
 */
async function translatesNames(client: Client): Promise<boolean> {
  const name = `countersign_probe_${randomBytes(16).toString("hex")}`;
  const text = "SELECT 1 FROM pg_prepared_statements WHERE name = $1";
  await client.query("BEGIN");
  const { rowCount } = await client.query({ name, text, values: [name] });
  // It would stay with a connection that others get.
  await client.query(rowCount === 0 ? "COMMIT" : `DEALLOCATE ${name}; COMMIT`);
  return rowCount === 0;
}

function isRefusedSetting(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === PROTOCOL_VIOLATION &&
    error.message.includes("startup parameter")
  );
}
