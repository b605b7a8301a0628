import { type Clock, createRateLimit, type MessageBus, type RateLimit } from "@countersign/server";
import type { Store } from "../store/database.ts";
import { shareThroughStore } from "./stored-rate-limit.ts";

const MINUTE_MS = 60_000;

/** What {@link limitSignInAttempts} needs. */
export interface SignInAttemptsOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Carries messages between the processes of this server. One that reaches all servers is not used: the store does. */
  readonly bus: MessageBus;
  /** How many one address has in a minute; Infinity: no limit. */
  readonly perMinute: number;
  /** Called when attempts could not be shared. */
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Limit how often one address may try to sign in, at all processes of this server together, and on Postgres at all
 * servers. SQLite is for one server, whose attempts are not worth a write each.
 *
 * @param opened closes what this opens
 */
export function limitSignInAttempts(
  { store, clock, bus, perMinute, onError }: SignInAttemptsOptions,
  opened: AsyncDisposableStack,
): RateLimit {
  const message = "too many attempts to sign in from this address: wait before the next";
  const own = createRateLimit({ limit: perMinute, windowMs: MINUTE_MS, clock, message });
  const local = bus.reachesAllServers === true ? own : shareRateLimit(own, bus, "countersign_sign_ins");
  if (store.dialect === "sqlite" || perMinute === Infinity) {
    return local;
  }
  const shared = shareThroughStore({
    store,
    own,
    local,
    onError: (error) => onError(error, "attempts to sign in could not be shared with the other servers"),
  });
  opened.defer(() => shared.close());
  return shared;
}

/**
 * Count what callers do at all processes of this server together: a limit is the same however many there are.
 *
 * @param bus carries messages between them; a process does not get its own
 * @param channel a name that no other limit has
 */
export function shareRateLimit(limit: RateLimit, bus: MessageBus, channel: string): RateLimit {
  bus.subscribe(channel, (key) => {
    // An empty message says that some may have been missed: there is nothing to look up.
    if (key !== "") {
      limit.take(key);
    }
  });
  const publish = async (key: string): Promise<void> => bus.publish(channel, key);
  return {
    assertAllowed: (key) => limit.assertAllowed(key),
    take(key) {
      limit.take(key);
      // The limit holds at this process all the same, and is shared again when the bus is up.
      publish(key).catch(() => undefined);
    },
  };
}
