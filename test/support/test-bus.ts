import { AuthError } from "../../server/gate/src/errors/auth-error.ts";
import type { MessageBus } from "../../server/gate/src/kernel/message-bus.ts";

/** A message as its subscribers receive it. */
export interface PublishedMessage {
  readonly channel: string;
  readonly message: string;
}

/** A bus inside one process, with everything that was published on it. */
export interface TestBus extends MessageBus {
  readonly published: readonly PublishedMessage[];
  /** The channels that it was asked about: whether they have subscribers, or how many. */
  readonly lookedUp: readonly string[];
  /** Whether it is down: nothing can be published then. */
  isDown: boolean;
}

/** Create a bus. Messages arrive as soon as they are published. */
export function createTestBus(): TestBus {
  const subscribers = new Map<string, Set<(message: string) => void>>();
  const published: PublishedMessage[] = [];
  const lookedUp: string[] = [];
  return {
    hasOthers: true,
    isDown: false,
    published,
    lookedUp,
    async hasSubscriber(channel) {
      const count = await this.countSubscribers?.(channel);
      return count === undefined ? undefined : count > 0;
    },
    async countSubscribers(channel) {
      lookedUp.push(channel);
      return this.isDown ? undefined : (subscribers.get(channel)?.size ?? 0);
    },
    subscribe(channel, onMessage) {
      const those = subscribers.get(channel) ?? new Set();
      subscribers.set(channel, those.add(onMessage));
      onMessage("");
      return { close: async () => void those.delete(onMessage) };
    },
    async publish(channel, message) {
      if (this.isDown) {
        throw new AuthError("AUTH_UNAVAILABLE", "the bus is down");
      }
      published.push({ channel, message });
      for (const subscriber of subscribers.get(channel) ?? []) {
        subscriber(message);
      }
    },
  };
}
