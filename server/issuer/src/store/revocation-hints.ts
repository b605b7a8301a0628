import type { MessageBus } from "@countersign/server";
import { type Kysely, sql } from "kysely";
import type { StoreDialect } from "./migrations/migration.ts";

/** The channel of messages that there are new revocations. */
export const REVOCATION_CHANNEL = "countersign_revocations";

/**
 * Have Postgres ask all servers that listen on it to look for new revocations, when the transaction is committed: a server
 * that is killed right behind that has sent the hint, and one that rolls back has not.
 */
export async function hintAtCommit<T>(db: Kysely<T>, dialect: StoreDialect): Promise<void> {
  if (dialect === "postgres") {
    await sql`select pg_notify(${REVOCATION_CHANNEL}, '')`.execute(db);
  }
}

/** Buses that have lost a hint. */
const losers = new WeakSet<MessageBus>();

/**
 * Ask all servers on a bus that is not that of the store to look for new revocations. A hint that the bus did not take is
 * repeated by {@link repeatLostHint}.
 */
export function publishHint(bus: MessageBus): void {
  publishEmpty(bus).catch(() => losers.add(bus));
}

/**
 * Publish the hint that got lost while the bus was down for this server, if there is one: for other servers, the bus may have
 * been there, so that they wait for hints.
 */
export function repeatLostHint(bus: MessageBus): void {
  if (losers.delete(bus)) {
    publishHint(bus);
  }
}

/** Rejects also where a bus in JavaScript throws. */
async function publishEmpty(bus: MessageBus): Promise<void> {
  await bus.publish(REVOCATION_CHANNEL, "");
}
