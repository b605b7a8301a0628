import type { Clock } from "@countersign/server";
import { backoffMs, KEEPS_PROCESS_ALIVE, pause, systemClock } from "@countersign/server/internal";

/** A worker, as far as a pool has to do with it. */
export interface PooledWorker {
  /** Resolves when it takes calls for the first time; never when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended: with its exit code, undefined when a signal ended it. */
  readonly ended: Promise<number | undefined>;
  /** Whether it takes calls now. */
  isReady(): boolean;
  /** Ask it to end, or end it. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** What {@link createWorkerPool} needs. */
export interface WorkerPoolOptions {
  readonly count: number;
  /** Start a worker. */
  readonly start: () => PooledWorker;
  /** How long a worker may take to end when it is asked to, in milliseconds; then it is killed. */
  readonly graceMs: number;
  /** The time. Default: the machine's. */
  readonly clock?: Clock;
  /** Called for each worker that ended by itself, with its exit code. */
  readonly onLost?: (code: number | undefined) => void;
}

/** Workers that are kept running. */
export interface WorkerPool {
  /**
   * Start them: one first, since it may have a database to set up, then the others.
   *
   * @returns the exit code of a worker that ended before it took calls; undefined when all take calls
   */
  start(): Promise<{ readonly failedWith: number | undefined } | undefined>;
  /** End them, each as gently as the grace allows. Later calls wait for the same. */
  stop(): Promise<void>;
  /** How many take calls now. */
  ready(): number;
}

/** How long to wait before a worker is started in the place of one that ended. */
const RESTART_BACKOFF = { firstMs: 100, maxMs: 10_000 };

/** A worker that ran for this long has not failed at its start: the next one is started without much delay. */
const STABLE_MS = 30_000;

/** Create a pool. Nothing runs before its `start`. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { count, start, graceMs, onLost = () => undefined, clock = systemClock } = options;
  const running = new Set<PooledWorker>();
  const stopping = new AbortController();
  let stopped: Promise<void> | undefined;

  const launch = (): PooledWorker => {
    const worker = start();
    running.add(worker);
    worker.ended.finally(() => running.delete(worker)).catch(() => undefined);
    return worker;
  };
  /** Put another worker in the place of one that ends, again and again. */
  const keep = async (first: PooledWorker): Promise<void> => {
    let failures = 1;
    for (let worker = first; ; worker = launch()) {
      const startedMs = clock.monotonicMs();
      const code = await worker.ended;
      if (stopping.signal.aborted) {
        return;
      }
      onLost(code);
      failures = clock.monotonicMs() - startedMs >= STABLE_MS ? 1 : failures + 1;
      await pause(clock, backoffMs(RESTART_BACKOFF, failures), stopping.signal);
      if (stopping.signal.aborted) {
        return;
      }
    }
  };
  const launchReady = async (): Promise<{ readonly failedWith: number | undefined } | undefined> => {
    const worker = launch();
    const failure = worker.ended.then((failedWith) => ({ failedWith }));
    const outcome = await Promise.race([worker.ready.then(() => undefined), failure]);
    if (outcome === undefined) {
      void keep(worker);
    }
    return outcome;
  };
  const end = async (worker: PooledWorker): Promise<void> => {
    const cancelTimer = clock.schedule(() => worker.kill("SIGKILL"), graceMs, KEEPS_PROCESS_ALIVE);
    worker.kill("SIGTERM");
    await worker.ended;
    cancelTimer();
  };
  return {
    async start() {
      const failure = await launchReady();
      if (failure !== undefined) {
        return failure;
      }
      const others = await Promise.all(Array.from({ length: count - 1 }, launchReady));
      return others.find((outcome) => outcome !== undefined);
    },
    stop() {
      stopping.abort();
      stopped ??= Promise.all([...running].map(end)).then(() => undefined);
      return stopped;
    },
    ready: () => [...running].filter((worker) => worker.isReady()).length,
  };
}
