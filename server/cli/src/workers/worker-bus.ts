import type { MessageBus } from "@countersign/server";
import { createSubscribers, KEEPS_PROCESS_ALIVE, systemClock } from "@countersign/server/internal";

/** A bus between processes, and the two ends of what carries it. */
export interface WorkerBus extends MessageBus {
  /** Take the messages that other processes have published. */
  receive(channel: string, messages: readonly string[]): void;
}

/** How long messages are gathered, in milliseconds: one message for a burst. */
const GATHER_MS = 5;

/** How many are gathered on one channel: strangers can cause more, and a bus may lose messages. */
const MAX_GATHERED = 5_000;

/**
 * Create the bus of a worker. Its own messages do not come back to it.
 *
 * @param send sends messages to all other workers
 */
export function createWorkerBus(send: (channel: string, messages: readonly string[]) => void): WorkerBus {
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
    subscribe(channel, onMessage) {
      subscribers.add(channel, onMessage);
      return { close: () => Promise.resolve(void subscribers.remove(channel, onMessage)) };
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
