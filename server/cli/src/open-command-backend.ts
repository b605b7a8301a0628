import type { SessionEnd, Store } from "@countersign/issuer";
import { createStoreClock, endSessions } from "@countersign/issuer/internal";
import type { AuditSink, Clock } from "@countersign/server";
import { systemClock } from "@countersign/server/internal";
import type { Config } from "./config.ts";
import { openAudit } from "./open-audit.ts";
import { openStore } from "./open-store.ts";

/** What everything that changes a store works with, in a server or beside one. */
export interface StoreTools {
  readonly store: Store;
  /** The time, the same for all that work on the store. */
  readonly clock: Clock;
  readonly audit: AuditSink;
}

/** What a command runs on. Servers that run on the same store learn from it of what has changed. */
export interface CommandBackend extends StoreTools, AsyncDisposable {}

/**
 * Open what a command runs on.
 *
 * @throws CommandError when the store or the audit file is not usable
 */
export async function openCommandBackend(config: Config): Promise<CommandBackend> {
  await using opened = new AsyncDisposableStack();
  const audit = opened.use(
    openAudit(config, (error) => {
      throw error;
    }),
  );
  const store = opened.use(await openStore(config));
  const clock = createStoreClock({ store, machine: systemClock });
  // Set once: a command is over before the two clocks part.
  await clock.start();
  clock.close();
  const resources = opened.move();
  return { store, clock, audit, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** End sessions from outside of a server: all servers read of it in the store. @returns those that were ended */
export function endStoredSessions(tools: StoreTools, end: SessionEnd): Promise<readonly string[]> {
  return endSessions({ ...tools, revocations: { learn: () => {} } }, end);
}
