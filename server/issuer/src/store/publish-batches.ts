import { AuthError, type MessageBus } from "@countersign/server";
import { assertBusMessage } from "./bus-message.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { toStoreError } from "./store-error.ts";

interface Message {
  readonly channel: string;
  readonly message: string;
}

/** Publishes messages over NOTIFY. */
export interface BatchPublisher {
  readonly publish: MessageBus["publish"];
  /** Wait until all that was published is on its way, or lost. */
  readonly idle: () => Promise<unknown>;
}

/**
 * Publish messages over NOTIFY. Those that come while others are on their way are sent together: they share one commit.
 *
 * @param connectionNow the connection to publish them on; undefined while there is none
 */
export function publishInBatches(connectionNow: () => PostgresConnection | undefined): BatchPublisher {
  let waiting: Message[] = [];
  let next: Promise<void> | undefined;
  let sent: Promise<unknown> = Promise.resolve();
  const send = async (): Promise<void> => {
    await sent;
    const batch = waiting;
    waiting = [];
    next = undefined;
    const query = notify(connectionNow(), batch);
    sent = query.catch(() => undefined);
    await query;
  };
  return {
    publish(channel, message) {
      assertBusMessage(channel, message);
      waiting.push({ channel, message });
      next ??= send();
      return next;
    },
    async idle() {
      await next?.catch(() => undefined);
      await sent;
    },
  };
}

async function notify(connection: PostgresConnection | undefined, batch: readonly Message[]): Promise<void> {
  if (connection === undefined) {
    throw new AuthError("AUTH_UNAVAILABLE", "the other servers cannot be reached just now");
  }
  const columns = [batch.map(({ channel }) => channel), batch.map(({ message }) => message)];
  try {
    await connection.query(
      "SELECT pg_notify(channel, message) FROM unnest($1::text[], $2::text[]) AS messages (channel, message)",
      columns,
    );
  } catch (error) {
    throw toStoreError(error);
  }
}
