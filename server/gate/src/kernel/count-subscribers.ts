import type { MessageBus } from "./message-bus.ts";

/**
 * Count the processes that subscribe to a channel.
 *
 * @returns undefined where that cannot be known: the caller waits for them as long as they may take
 */
export async function countSubscribers(bus: MessageBus, channel: string): Promise<number | undefined> {
  try {
    const count = await bus.countSubscribers?.(channel);
    return count ?? ((await bus.hasSubscriber?.(channel)) === false ? 0 : undefined);
  } catch {
    return undefined; // the bus is one that a user has made, or down
  }
}

/** Check whether no process subscribes to a channel. False where that cannot be known. */
export async function isGone(bus: MessageBus, channel: string): Promise<boolean> {
  return (await countSubscribers(bus, channel)) === 0;
}
