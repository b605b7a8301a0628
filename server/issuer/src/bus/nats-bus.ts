import { AuthError, type Cancel, type MessageBus } from "@countersign/server";
import { backoffMs, createSubscribers, systemClock } from "@countersign/server/internal";
import { assertBusMessage, assertChannel } from "../store/bus-message.ts";
import type { ClosableBus } from "./closable-bus.ts";
import { type NatsConnection, type NatsPackage, openNatsConnection } from "./nats-connection.ts";
import { type NatsBusOptions, type ResolvedNatsOptions, resolveNatsOptions } from "./nats-options.ts";

/** How long to wait before a server is tried again. */
const RETRY_BACKOFF = { firstMs: 100, maxMs: 5_000, jitter: 0.5 };

/**
 * For so long after the connection was opened, others may not be back yet, in milliseconds: what has cut it may have cut
 * theirs.
 */
const SETTLED_MS = 2 * RETRY_BACKOFF.maxMs;

/**
 * Create a bus over NATS, for `createIssuer({ bus })` of several servers on one Postgres, in place of LISTEN and NOTIFY, or for
 * `createSignals({ bus, secret })`. It connects at once, and again whenever the connection breaks; without one, no server
 * waits for it. It needs the package `@nats-io/transport-node`.
 *
 * @throws TypeError when an option is wrong
 * @throws Error when the package is missing
 */
export async function createNatsBus(options: NatsBusOptions): Promise<ClosableBus> {
  const resolved = resolveNatsOptions(options);
  const nats = await import("@nats-io/transport-node").catch((cause: unknown) => {
    throw isMissing(cause)
      ? new Error("a bus over NATS needs its package: npm install @nats-io/transport-node", { cause })
      : cause;
  });
  return keepConnected(nats, resolved);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Cannot find package '@nats-io/transport-node'");
}

/**
 * Create a bus that keeps one connection.
 *
 * @param settledMs how long a connection lasts before others that are not there count as gone, in milliseconds
 */
export function keepConnected(
  nats: NatsPackage,
  options: ResolvedNatsOptions,
  settledMs: number = SETTLED_MS,
): ClosableBus {
  const subscribers = createSubscribers();
  /** What ends each subscription of the connection. */
  const unsubscribes = new Map<string, () => void>();
  let connection: NatsConnection | undefined;
  let openedAtMs = 0;
  let cancelRetry: Cancel | undefined;
  let failures = 0;
  let isClosed = false;

  const subscribeOn = (on: NatsConnection, channel: string): void => {
    unsubscribes.set(channel, on.subscribe(channel));
    // What was published until the server knows of it is missed.
    on.flush().then(
      () => subscribers.notify(channel, ""),
      () => undefined, // the connection ends, and the next one subscribes again
    );
  };
  const open = async (): Promise<void> => {
    cancelRetry = undefined;
    try {
      const opened = await openNatsConnection(nats, options, subscribers.notify);
      await (isClosed ? opened.close() : use(opened));
    } catch (error) {
      retry(error);
    }
  };
  const use = async (opened: NatsConnection): Promise<void> => {
    connection = opened;
    openedAtMs = systemClock.monotonicMs();
    failures = 0;
    for (const channel of subscribers.channels()) {
      subscribeOn(opened, channel);
    }
    const why = await opened.ended;
    connection = undefined;
    unsubscribes.clear();
    retry(why);
  };
  const retry = (why: unknown): void => {
    if (isClosed) {
      return;
    }
    failures += 1;
    if (failures === 1) {
      options.onError(
        new Error(`there is no connection to NATS at ${options.servers.join(", ")}`, { cause: why }),
      );
    }
    cancelRetry = systemClock.schedule(() => void open(), backoffMs(RETRY_BACKOFF, failures));
  };
  void open();

  const close = async (): Promise<void> => {
    isClosed = true;
    cancelRetry?.();
    await connection?.flush().catch(() => undefined);
    await connection?.close();
  };
  const publish: MessageBus["publish"] = async (channel, message) => {
    if (connection === undefined) {
      throw new AuthError("AUTH_UNAVAILABLE", "the other servers cannot be reached just now");
    }
    await connection.publish(channel, message);
  };
  return {
    hasOthers: true,
    reachesAllServers: true,
    publish(channel, message) {
      assertBusMessage(channel, message);
      return publish(channel, message);
    },
    subscribe(channel, onMessage) {
      assertChannel(channel);
      if (subscribers.add(channel, onMessage) && connection !== undefined) {
        subscribeOn(connection, channel);
      }
      return {
        async close() {
          if (subscribers.remove(channel, onMessage)) {
            unsubscribes.get(channel)?.();
            unsubscribes.delete(channel);
          }
        },
      };
    },
    async hasSubscriber(channel) {
      const isSettled = systemClock.monotonicMs() - openedAtMs >= settledMs;
      return isSettled ? connection?.hasSubscriber(channel) : undefined;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
