import { repeat, systemClock } from "@countersign/server/internal";
import { Client } from "pg";

const CONNECT_TIMEOUT_MS = 5_000;

/** How long the answer to a statement may take, in milliseconds: longer, and the network has lost it. */
const QUERY_TIMEOUT_MS = 5_000;

/** How often an idle connection is tested, in milliseconds: networks drop such ones and notify neither end. */
const PROBE_MS = 15_000;

/** What happens on a connection. */
export interface ConnectionEvents {
  /** A notification came. */
  readonly onNotified: (channel: string, payload: string) => void;
  /** It has ended, or could not be had: once. */
  readonly onEnd: () => void;
}

/** A connection that lasts, for what is bound to one: LISTEN. */
export interface PostgresConnection {
  /** Run a statement, after those before it. One that fails ends the connection. @returns its rows */
  query(text: string, values?: readonly unknown[]): Promise<readonly object[]>;
  /** End it. */
  close(): Promise<void>;
}

/** Open a connection of its own. What is asked of it before it is open waits. */
export function openConnection(url: string, { onNotified, onEnd }: ConnectionEvents): PostgresConnection {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    application_name: "countersign",
  });
  const hangUp = (): Promise<void> => client.end().catch(() => undefined);
  let last: Promise<unknown>;
  const query: PostgresConnection["query"] = async (text, values = []) => {
    const done = last.then(() => client.query(text, [...values]));
    last = done.catch(hangUp);
    const { rows } = await done;
    return rows;
  };
  const stopProbes = repeat(systemClock, () => void query("SELECT 1").catch(() => undefined), PROBE_MS);
  // The end comes when a connection could not be had, broke or was closed. The next query of the store fails for the
  // same reason, and reports it.
  client
    .on("error", () => undefined)
    .once("end", () => {
      stopProbes();
      onEnd();
    });
  client.on("notification", ({ channel, payload }) => onNotified(channel, payload ?? ""));
  last = client.connect().catch(hangUp);
  return { query, close: hangUp };
}
