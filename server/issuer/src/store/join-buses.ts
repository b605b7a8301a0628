import type { MessageBus } from "@countersign/server";
import { countSubscribers } from "@countersign/server/internal";

/**
 * Join the bus of a store and one that is given beside it: a message goes out on both, and comes in from either. What
 * comes in twice does no harm: a message is a hint, or it is sealed and opens once.
 *
 * A message is published when the store's bus has it. The other one may be down: it then loses messages, as every bus
 * may.
 */
export function joinBuses(own: MessageBus, given: MessageBus): MessageBus {
  const publishBeside: MessageBus["publish"] = async (channel, message) => given.publish(channel, message);
  return {
    hasOthers: own.hasOthers || given.hasOthers,
    subscribe(channel, onMessage) {
      const subscriptions = [own, given].map((bus) => bus.subscribe(channel, onMessage));
      return {
        async close() {
          await Promise.all(subscriptions.map((subscription) => subscription.close()));
        },
      };
    },
    async publish(channel, message) {
      publishBeside(channel, message).catch(() => undefined);
      await own.publish(channel, message);
    },
    async hasSubscriber(channel) {
      const found = await Promise.all([own, given].map(async (bus) => bus.hasSubscriber?.(channel)));
      return found.includes(undefined) ? found.find((has) => has === true) : found.includes(true);
    },
    // Every process is on both. One whose connection to the store's has just broken still answers over the other one.
    async countSubscribers(channel) {
      const [count, beside = 0] = await Promise.all([
        own.countSubscribers?.(channel),
        countSubscribers(given, channel),
      ]);
      return count === undefined ? undefined : Math.max(count, beside);
    },
  };
}
