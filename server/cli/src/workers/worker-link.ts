import cluster from "node:cluster";
import type { MessageBus } from "@countersign/server";
import type { Environment } from "../config.ts";
import type { ProcessMetrics } from "../operate/metrics.ts";
import { isWorkerMessage, WORKER_ORIGIN, type WorkerMessage } from "./messages.ts";
import { createWorkerBus } from "./worker-bus.ts";

/** What a worker has of the process that started it. */
export interface WorkerLink {
  /** Carries messages between the workers. */
  readonly bus: MessageBus;
  /** Where all workers listen. */
  readonly origin: string;
  /** Announce that this worker takes calls, or does not any more. */
  setReady(isReady: boolean): void;
  /** Answer whenever the figures of this process are wanted. */
  serveMetrics(read: () => Promise<ProcessMetrics>): void;
  /** Let go of the other process, so that this one can end. */
  close(): void;
}

/**
 * Link this process to the one that started it; undefined when it was started by itself.
 *
 * @param env the environment that the other process gave it
 */
export function linkWorker(env: Environment): WorkerLink | undefined {
  const { worker } = cluster;
  if (worker === undefined) {
    return undefined;
  }
  const send = (message: WorkerMessage): void => {
    // A channel that is closed means that the other process is gone: this one ends in the same moment.
    if (worker.isConnected()) {
      worker.send(message, undefined, () => undefined);
    }
  };
  const lookUps = createLookUps((id, channel) => send({ countersign: "subscribers", id, channel }));
  const bus = createWorkerBus({
    send: (channel, messages) => send({ countersign: "published", channel, messages }),
    announce: (channel, isSubscribed) => send({ countersign: "subscribed", channel, isSubscribed }),
    countSubscribers: (channel) => lookUps.ask(channel),
  });
  let readMetrics: () => Promise<ProcessMetrics> = () => Promise.resolve([]);
  const answer = async (id: number): Promise<void> => {
    // Figures that cannot be read are missing from the sum, as those of a worker that is gone.
    const metrics = await readMetrics().catch(() => []);
    send({ countersign: "metrics", id, metrics });
  };
  worker.on("message", (message: unknown) => {
    if (!isWorkerMessage(message)) {
      return;
    }
    if (message.countersign === "published") {
      bus.receive(message.channel, message.messages);
    }
    if (message.countersign === "subscribers") {
      lookUps.answer(message.id, message.count);
    }
    if (message.countersign === "metrics") {
      void answer(message.id);
    }
  });
  return {
    bus,
    origin: env[WORKER_ORIGIN] ?? "",
    setReady: (isReady) => send({ countersign: "ready", isReady }),
    serveMetrics(read) {
      readMetrics = read;
    },
    close: () => void worker.disconnect(),
  };
}

/** How many look-ups wait for their answer at the most: callers can cause more. */
const MAX_LOOK_UPS = 1_000;

/** Questions to the process that started this one, and their answers. */
interface LookUps {
  /** Ask. @returns undefined when too many wait */
  ask(channel: string): Promise<number | undefined>;
  answer(id: number, count: number | undefined): void;
}

function createLookUps(send: (id: number, channel: string) => void): LookUps {
  const waiting = new Map<number, (count: number | undefined) => void>();
  let asked = 0;
  return {
    async ask(channel) {
      if (waiting.size >= MAX_LOOK_UPS) {
        return undefined;
      }
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      const id = asked++;
      waiting.set(id, resolve);
      send(id, channel);
      return promise;
    },
    answer(id, count) {
      waiting.get(id)?.(count);
      waiting.delete(id);
    },
  };
}
