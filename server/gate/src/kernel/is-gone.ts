import type { MessageBus } from "./message-bus.ts";

/** Check whether no process subscribes to a channel. False where that cannot be known: the bus is one that a user has made. */
export async function isGone(bus: MessageBus, channel: string): Promise<boolean> {
  try {
    return (await bus.hasSubscriber?.(channel)) === false;
  } catch {
    return false; // the caller waits for the process as long as it may take
  }
}
