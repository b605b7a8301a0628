import type { BusTest, MessageBus } from "@countersign/server";
import { createSubscribers, systemClock } from "@countersign/server/internal";
import { assertChannel } from "./bus-message.ts";
import { countChannelLocks, holdChannelLock, releaseChannelLock } from "./channel-locks.ts";
import { openConnection, type PostgresConnection } from "./postgres-connection.ts";
import { publishInBatches } from "./publish-batches.ts";
import { createReconnection, SETTLED_MS } from "./reconnection.ts";
import { listServerUrls } from "./server-urls.ts";
import { type BusTests, testBus } from "./test-bus.ts";

/** What {@link createNotifyBus} can be told. */
export interface NotifyBusOptions {
  /** Receives what came of each message of the bus to itself. It must not throw. Default: nothing is told. */
  readonly onTested?: ((test: BusTest) => void) | undefined;
  /** How long a connection lasts before others that are not there count as gone, in milliseconds. Default: 10 s. */
  readonly settledMs?: number;
}

/** A bus over LISTEN and NOTIFY of Postgres. */
export interface NotifyBus extends MessageBus {
  /** Whether messages arrive, by the last one of the bus to itself. */
  isDelivering(): boolean;
  /** Let go of the connection, once what was published is on its way. */
  close(): Promise<void>;
}

/**
 * Create a bus over one connection, which is opened for the first subscriber or message, and again whenever it breaks. With
 * the first subscriber, it begins to send messages to itself.
 */
export function createNotifyBus(url: string, options: NotifyBusOptions = {}): NotifyBus {
  const { onTested = () => undefined, settledMs = SETTLED_MS } = options;
  const subscribers = createSubscribers();
  let servers: readonly string[] = listServerUrls(url);
  let connection: PostgresConnection | undefined;
  let isClosed = false;
  let tests: BusTests | undefined;

  /** What fails here ends the connection, and so is done again with the next. */
  const listenOn = async (on: PostgresConnection, channel: string): Promise<void> => {
    await on.query(`LISTEN "${channel}"`);
    await holdChannelLock(on, channel);
    reconnection.succeed();
    subscribers.notify(channel, "");
  };
  const open = (): void => {
    const opened = openConnection(servers[0] ?? url, { onNotified: subscribers.notify, onEnd: reconnect });
    connection = opened;
    for (const channel of subscribers.channels()) {
      listenOn(opened, channel).catch(() => undefined);
    }
  };
  const reconnection = createReconnection(systemClock, open);
  const reconnect = (): void => {
    connection = undefined;
    // One that follows another server refuses to listen.
    servers = [...servers.slice(1), ...servers.slice(0, 1)];
    if (!isClosed) {
      reconnection.connectLater();
    }
  };
  const connectionNow = (): PostgresConnection | undefined => {
    if (connection === undefined && !isClosed && !reconnection.isWaiting()) {
      reconnection.connect();
    }
    reconnection.hasten();
    return connection;
  };
  const { publish, idle } = publishInBatches(connectionNow);
  const subscribe: MessageBus["subscribe"] = (channel, onMessage) => {
    assertChannel(channel);
    const isFirst = subscribers.add(channel, onMessage);
    const current = connection;
    if (current === undefined) {
      connectionNow();
    } else if (isFirst) {
      listenOn(current, channel).catch(() => undefined);
    }
    return {
      async close() {
        if (subscribers.remove(channel, onMessage) && connection !== undefined) {
          const closings = [
            connection.query(`UNLISTEN "${channel}"`),
            releaseChannelLock(connection, channel),
          ];
          await Promise.allSettled(closings);
        }
      },
    };
  };

  const isDelivering = (): boolean => connection !== undefined && tests?.isDelivering() === true;
  const countSubscribers = async (channel: string): Promise<number | undefined> => {
    const isSettled = reconnection.ageMs() >= settledMs;
    return connection !== undefined && isSettled && isDelivering()
      ? countChannelLocks(connection, channel).catch(() => undefined)
      : undefined;
  };
  return {
    hasOthers: true,
    isDelivering,
    subscribe(channel, onMessage) {
      const subscription = subscribe(channel, onMessage);
      tests ??= testBus({ publish, subscribe }, { clock: systemClock, onTested });
      return subscription;
    },
    publish,
    countSubscribers,
    async hasSubscriber(channel) {
      const count = await countSubscribers(channel);
      return count === undefined ? undefined : count > 0;
    },
    async close() {
      tests?.close();
      await idle();
      isClosed = true;
      reconnection.cancel();
      await connection?.close();
    },
  };
}
