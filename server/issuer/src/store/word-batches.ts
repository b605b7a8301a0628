import { AuthError } from "@countersign/server";
import { type Bus, MAX_WORD_BYTES } from "./bus.ts";
import { assertChannel } from "./channel.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { toStoreError } from "./store-error.ts";

interface Word {
  readonly channel: string;
  readonly word: string;
}

/**
 * Say words over NOTIFY. Those that came while others were on their way are sent together: they share one commit.
 *
 * @param connectionNow the connection to say them on; undefined while there is none
 */
export function sayInBatches(connectionNow: () => PostgresConnection | undefined): Bus["say"] {
  let waiting: Word[] = [];
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
  return (channel, word) => {
    assertChannel(channel);
    if (Buffer.byteLength(word) > MAX_WORD_BYTES) {
      throw new TypeError(`a word has at most ${MAX_WORD_BYTES} bytes`);
    }
    waiting.push({ channel, word });
    next ??= send();
    return next;
  };
}

async function notify(connection: PostgresConnection | undefined, batch: readonly Word[]): Promise<void> {
  if (connection === undefined) {
    throw new AuthError("AUTH_UNAVAILABLE", "the other servers cannot be reached just now");
  }
  const columns = [batch.map(({ channel }) => channel), batch.map(({ word }) => word)];
  try {
    await connection.query(
      "SELECT pg_notify(channel, word) FROM unnest($1::text[], $2::text[]) AS words (channel, word)",
      columns,
    );
  } catch (error) {
    throw toStoreError(error);
  }
}
