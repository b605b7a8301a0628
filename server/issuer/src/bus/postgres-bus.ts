import { assertOptions, required, TEXT } from "@countersign/server/internal";
import type { ClosableBus } from "./closable-bus.ts";

/** What {@link createPostgresBus} takes. */
export interface PostgresBusOptions {
  /**
   * The database, as `postgres://user:password@host:port/name`, or with several hosts, of which the one that can be written
   * is used. Any database will do: the bus has no tables. It needs the package `pg`, and no pooler in between that hands out
   * connections by transaction.
   */
  readonly connectionString: string;
}

/**
 * Create a bus over LISTEN and NOTIFY of Postgres, for `createSignals({ bus, secret })` of several servers. It has one
 * connection, which is opened for the first subscriber, and again whenever it breaks.
 *
 * @throws TypeError when an option is wrong
 * @throws Error when the package `pg` is missing
 */
export async function createPostgresBus(options: PostgresBusOptions): Promise<ClosableBus> {
  assertOptions("createPostgresBus", options, {
    connectionString: required(TEXT),
  } satisfies Record<keyof PostgresBusOptions, unknown>);
  const { connectionString } = options;
  if (!/^postgres(ql)?:\/\//.test(connectionString)) {
    throw new TypeError("createPostgresBus: connectionString must begin with postgres://");
  }
  const postgres = await import("../store/notify-bus.ts").catch((cause: unknown) => {
    throw isMissing(cause)
      ? new Error("a bus over Postgres needs the package pg: npm install pg", { cause })
      : cause;
  });
  const bus = postgres.createNotifyBus(connectionString);
  return { ...bus, [Symbol.asyncDispose]: () => bus.close() };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Cannot find package 'pg'");
}
