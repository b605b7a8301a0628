import type { Bus } from "@countersign/issuer/internal";
import { createEars } from "@countersign/issuer/internal";
import { KEEPS_PROCESS_ALIVE, systemClock } from "@countersign/server/internal";

/** A bus between processes, and the two ends of what carries it. */
export interface WorkerBus extends Bus {
  /** Hand over the words that other processes have said. */
  receive(channel: string, words: readonly string[]): void;
}

/** How long words are gathered, in milliseconds: one message for a burst. */
const GATHER_MS = 5;

/** How many are gathered on one channel: strangers can cause more, and a bus may lose words. */
const MAX_GATHERED = 5_000;

/**
 * Create the bus of a worker. Its own words do not come back to it.
 *
 * @param send sends words to all other workers
 */
export function createWorkerBus(send: (channel: string, words: readonly string[]) => void): WorkerBus {
  const ears = createEars();
  const pending = new Map<string, string[]>();
  const flush = (): void => {
    for (const [channel, words] of pending) send(channel, words);
    pending.clear();
  };
  return {
    hasOthers: true,
    listen(channel, onWord) {
      ears.add(channel, onWord);
      return { close: () => Promise.resolve(void ears.remove(channel, onWord)) };
    },
    say(channel, word) {
      if (pending.size === 0) systemClock.schedule(flush, GATHER_MS, KEEPS_PROCESS_ALIVE);
      const words = pending.get(channel) ?? [];
      pending.set(channel, words);
      if (words.length < MAX_GATHERED) words.push(word);
      return Promise.resolve();
    },
    receive(channel, words) {
      for (const word of words) ears.hear(channel, word);
    },
  };
}
