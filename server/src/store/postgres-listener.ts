import { Client } from "pg";

/** An ear at a channel of Postgres. */
export interface Listener {
  /** Stop listening. */
  close(): Promise<void>;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Listen on a channel of Postgres, over a connection of its own, which is opened again whenever it breaks.
 *
 * What is notified while the connection is down is lost: call it a hint that there is something new, and look
 * for oneself from time to time.
 *
 * @param onNotified called for each notification, and when a connection has been opened
 */
export function listenPostgres(url: string, channel: string, onNotified: () => void): Listener {
  let client: Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let failures = 0;
  let isClosed = false;

  const again = (): void => {
    client = undefined;
    if (!isClosed) {
      const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures) * (0.5 + Math.random() / 2);
      failures += 1;
      retry = setTimeout(open, waitMs).unref();
    }
  };
  const open = (): void => {
    const opened = new Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: "countersign",
    });
    client = opened;
    // The end comes when a connection could not be had, broke or was closed. Why, whoever queries the store learns too.
    opened.on("error", () => undefined).once("end", again);
    opened.on("notification", onNotified);
    opened
      .connect()
      .then(() => opened.query(`LISTEN ${opened.escapeIdentifier(channel)}`))
      .then(
        () => {
          failures = 0;
          onNotified();
        },
        () => opened.end().catch(() => undefined),
      );
  };
  open();
  return {
    async close() {
      isClosed = true;
      clearTimeout(retry);
      await client?.end().catch(() => undefined);
    },
  };
}
