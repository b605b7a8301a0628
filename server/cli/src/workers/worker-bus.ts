import type { MessageBus } from "@countersign/server";
import { createSubscribers, KEEPS_PROCESS_ALIVE, systemClock } from "@countersign/server/internal";

/** A bus between processes, and the two ends of what carries it. */
export interface WorkerBus extends MessageBus {
  /** Take the messages that other processes have published. */
  receive(channel: string, messages: readonly string[]): void;
}

/** What carries the messages of a worker. */
export interface WorkerBusOptions {
  /** Send messages to all other workers that subscribe to the channel. */
  readonly send: (channel: string, messages: readonly string[]) => void;
  /** Announce that this worker subscribes to a channel, or does not any more. */
  readonly announce: (channel: string, isSubscribed: boolean) => void;
  /** Ask how many workers subscribe to a channel; undefined: that cannot be asked just now. */
  readonly countSubscribers: (channel: string) => Promise<number | undefined>;
}

/** How long messages are gathered, in milliseconds: one message for a burst. */
const GATHER_MS = 5;

/** How many are gathered on one channel: strangers can cause more, and a bus may lose messages. */
const MAX_GATHERED = 5_000;

/** Create the bus of a worker. Its own messages do not come back to it. */
export function createWorkerBus({ send, announce, countSubscribers }: WorkerBusOptions): WorkerBus {
  const subscribers = createSubscribers();
  const pending = new Map<string, string[]>();
  const flush = (): void => {
    for (const [channel, messages] of pending) {
      send(channel, messages);
    }
    pending.clear();
  };
  return {
    hasOthers: true,
    countSubscribers,
    async hasSubscriber(channel) {
      const count = await countSubscribers(channel);
      return count === undefined ? undefined : count > 0;
    },
    subscribe(channel, onMessage) {
      if (subscribers.add(channel, onMessage)) {
        announce(channel, true);
      }
      return {
        async close() {
          if (subscribers.remove(channel, onMessage)) {
            announce(channel, false);
          }
        },
      };
    },
    publish(channel, message) {
      if (pending.size === 0) {
        systemClock.schedule(flush, GATHER_MS, KEEPS_PROCESS_ALIVE);
      }
      const messages = pending.get(channel) ?? [];
      pending.set(channel, messages);
      if (messages.length < MAX_GATHERED) {
        messages.push(message);
      }
      return Promise.resolve();
    },
    receive(channel, messages) {
      for (const message of messages) {
        subscribers.notify(channel, message);
      }
    },
  };
}
