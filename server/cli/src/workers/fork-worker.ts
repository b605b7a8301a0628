import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { KEEPS_PROCESS_ALIVE, systemClock } from "@countersign/server/internal";
import type { ProcessMetrics } from "../operate/metrics.ts";
import { isWorkerMessage, WORKER_ORIGIN, type WorkerMessage } from "./messages.ts";
import type { PooledWorker } from "./worker-pool.ts";

/** A worker in a process of its own. */
export interface ForkedWorker extends PooledWorker {
  readonly pid: number | undefined;
  /** Ask for its figures; undefined when it does not answer in time. */
  readMetrics(): Promise<ProcessMetrics | undefined>;
  /** Have it open its files anew. One that starts does so when it takes calls: before, the signal would end it. */
  hangUp(): void;
}

/** How long a worker has for its figures, in milliseconds. */
const METRICS_TIMEOUT_MS = 2_000;

/**
 * Start a process that runs the same command with these arguments, and shares the ports that it listens on.
 *
 * @param args the arguments behind the name of the program
 * @param origin where all workers listen
 */
export function forkWorker(args: readonly string[], origin: string): ForkedWorker {
  cluster.setupPrimary({ args: [...args] });
  const worker = cluster.fork({ [WORKER_ORIGIN]: origin });
  const ready = Promise.withResolvers<void>();
  const waiting = new Map<number, (metrics: ProcessMetrics | undefined) => void>();
  let isReady = false;
  let asked = 0;
  worker.on("message", (message: unknown) => {
    if (!isWorkerMessage(message)) {
      return;
    }
    if (message.countersign === "ready") {
      isReady = message.isReady;
      if (isReady) {
        ready.resolve();
      }
    }
    if (message.countersign === "metrics") {
      waiting.get(message.id)?.(message.metrics);
    }
    if (message.countersign === "published") {
      passOn(worker, message);
    }
    answerForChannels(worker, message);
  });
  const ended = once(worker, "exit").then(([code]): number | undefined => {
    isReady = false;
    return typeof code === "number" ? code : undefined;
  });
  return {
    pid: worker.process.pid,
    ready: ready.promise,
    ended,
    isReady: () => isReady,
    kill: (signal) => void worker.process.kill(signal),
    hangUp: () => void ready.promise.then(() => worker.process.kill("SIGHUP")),
    readMetrics() {
      const id = asked++;
      return new Promise((resolve) => {
        const answer = (metrics: ProcessMetrics | undefined): void => {
          cancelTimer();
          waiting.delete(id);
          resolve(metrics);
        };
        const cancelTimer = systemClock.schedule(
          () => answer(undefined),
          METRICS_TIMEOUT_MS,
          KEEPS_PROCESS_ALIVE,
        );
        waiting.set(id, answer);
        send(worker, { countersign: "metrics", id });
      });
    },
  };
}

/** The channels that each worker subscribes to. */
const channelsOf = new WeakMap<Worker, Set<string>>();

/** Take note of the channels of a worker, and say how many subscribe to one. */
function answerForChannels(worker: Worker, message: WorkerMessage): void {
  if (message.countersign === "subscribed") {
    const channels = channelsOf.get(worker) ?? new Set();
    channelsOf.set(worker, channels);
    channels[message.isSubscribed ? "add" : "delete"](message.channel);
  }
  if (message.countersign === "subscribers") {
    const { id, channel } = message;
    send(worker, { countersign: "subscribers", id, channel, count: listSubscribers(channel).length });
  }
}

function listSubscribers(channel: string): readonly Worker[] {
  const all = Object.values(cluster.workers ?? {});
  return all.flatMap((worker) => (worker && channelsOf.get(worker)?.has(channel) ? [worker] : []));
}

/** What one worker publishes reaches all others that subscribe to its channel. */
function passOn(from: Worker, message: Extract<WorkerMessage, { readonly countersign: "published" }>): void {
  for (const worker of listSubscribers(message.channel)) {
    if (worker !== from) {
      send(worker, message);
    }
  }
}

function send(worker: Worker, message: WorkerMessage): void {
  // A worker that is ending needs no messages.
  if (worker.isConnected()) {
    worker.send(message, undefined, () => undefined);
  }
}
