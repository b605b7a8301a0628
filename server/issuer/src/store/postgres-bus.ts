import type { Cancel, MessageBus } from "@countersign/server";
import { backoffMs, createSubscribers, systemClock } from "@countersign/server/internal";
import { openConnection, type PostgresConnection } from "./postgres-connection.ts";
import { assertChannel, publishInBatches } from "./publish-batches.ts";

/** How long to wait before the connection is opened again. */
const RETRY_BACKOFF = { firstMs: 100, maxMs: 5_000, jitter: 0.5 };

/** A bus over LISTEN and NOTIFY of Postgres. */
export interface PostgresBus extends MessageBus {
  /** Let go of the connection. */
  close(): Promise<void>;
}

/** Create a bus over one connection, which is opened for the first subscriber, and again whenever it breaks. */
export function createPostgresBus(url: string): PostgresBus {
  const subscribers = createSubscribers();
  let connection: PostgresConnection | undefined;
  let cancelRetry: Cancel | undefined;
  let failures = 0;
  let isClosed = false;

  /** What fails here ends the connection, and so is done again with the next. */
  const listenOn = async (on: PostgresConnection, channel: string): Promise<void> => {
    await on.query(`LISTEN "${channel}"`);
    failures = 0;
    subscribers.notify(channel, "");
  };
  const connect = (): void => {
    cancelRetry = undefined;
    const opened = openConnection(url, { onNotified: subscribers.notify, onEnd: reconnect });
    connection = opened;
    for (const channel of subscribers.channels()) {
      listenOn(opened, channel).catch(() => undefined);
    }
  };
  const reconnect = (): void => {
    connection = undefined;
    if (!isClosed) {
      failures += 1;
      cancelRetry = systemClock.schedule(connect, backoffMs(RETRY_BACKOFF, failures));
    }
  };

  return {
    hasOthers: true,
    subscribe(channel, onMessage) {
      assertChannel(channel);
      const isFirst = subscribers.add(channel, onMessage);
      if (connection === undefined && cancelRetry === undefined) {
        connect();
      } else if (isFirst && connection !== undefined) {
        listenOn(connection, channel).catch(() => undefined);
      }
      return {
        async close() {
          if (subscribers.remove(channel, onMessage)) {
            connection?.query(`UNLISTEN "${channel}"`).catch(() => undefined);
          }
        },
      };
    },
    publish: publishInBatches(() => connection),
    async close() {
      isClosed = true;
      cancelRetry?.();
      await connection?.close();
    },
  };
}
