import type { Cancel } from "@countersign/server";
import { backoffMs, systemClock } from "@countersign/server/internal";
import type { Bus } from "./bus.ts";
import { assertChannel } from "./channel.ts";
import { createEars } from "./ears.ts";
import { openConnection, type PostgresConnection } from "./postgres-connection.ts";
import { sayInBatches } from "./word-batches.ts";

/** How long to wait before the connection is opened again. */
const RETRY_BACKOFF = { firstMs: 100, maxMs: 5_000, jitter: 0.5 };

/** A bus over LISTEN and NOTIFY of Postgres. */
export interface PostgresBus extends Bus {
  /** Let go of the connection. */
  close(): Promise<void>;
}

/** Create a bus over one connection, which is opened for the first who listens, and again whenever it breaks. */
export function createPostgresBus(url: string): PostgresBus {
  const ears = createEars();
  let connection: PostgresConnection | undefined;
  let cancelRetry: Cancel | undefined;
  let failures = 0;
  let isClosed = false;

  /** What fails here ends the connection, and so is done again with the next. */
  const listenOn = async (on: PostgresConnection, channel: string): Promise<void> => {
    await on.query(`LISTEN "${channel}"`);
    failures = 0;
    ears.hear(channel, "");
  };
  const connect = (): void => {
    cancelRetry = undefined;
    const opened = openConnection(url, { onNotified: ears.hear, onEnd: reconnect });
    connection = opened;
    for (const channel of ears.channels()) {
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
    listen(channel, onWord) {
      assertChannel(channel);
      const isFirst = ears.add(channel, onWord);
      if (connection === undefined && cancelRetry === undefined) {
        connect();
      } else if (isFirst && connection !== undefined) {
        listenOn(connection, channel).catch(() => undefined);
      }
      return {
        async close() {
          if (ears.remove(channel, onWord)) {
            connection?.query(`UNLISTEN "${channel}"`).catch(() => undefined);
          }
        },
      };
    },
    say: sayInBatches(() => connection),
    async close() {
      isClosed = true;
      cancelRetry?.();
      await connection?.close();
    },
  };
}
