import type { Logger } from "pino";
import { bindAdmin, reserveAddress } from "../bind.ts";
import type { Terminal } from "../command.ts";
import type { Config } from "../config.ts";
import { assertSafeExposure, resolveIssuerUrl } from "../exposure.ts";
import { createLog } from "../operate/log.ts";
import type { ProcessMetrics } from "../operate/metrics.ts";
import { createWorkerMetrics } from "../operate/server-metrics.ts";
import { requireServerConfig } from "../server-config.ts";
import { drainDelayOf, GRACE_MS } from "../stop-times.ts";
import { CommandError } from "../usage-error.ts";
import { type ForkedWorker, forkWorker } from "./fork-worker.ts";
import { createWorkerPool } from "./worker-pool.ts";

/** How long a worker may take to close what it opened, when its calls have ended, in milliseconds. */
const CLOSING_MS = 5_000;

/** How to run several workers. */
export interface WorkersOptions {
  /** The arguments behind the name of the program: workers run the same command. */
  readonly args: readonly string[];
  /** Called when all workers take calls. */
  readonly onReady: (server: { readonly origin: string; readonly adminOrigin: string }) => void;
}

/**
 * Run a server as several processes that share its port, until the terminal asks it to stop. This process takes no
 * calls itself: it hands connections on to one after another, starts another worker for one that ends, and answers on
 * the operator's port for all of them.
 *
 * @throws UsageError when the settings are not safe or one is missing, CommandError when something outside is wrong
 */
export async function runWorkers(config: Config, terminal: Terminal, options: WorkersOptions): Promise<void> {
  assertSafeExposure(config);
  requireServerConfig(config);
  const log = createLog(config.logLevel, (line) => terminal.warn(line.trimEnd()));
  const { stopped } = terminal;
  const address = await reserveAddress(config);
  await address.release();
  // Each worker would refuse the same, and be started again and again.
  resolveIssuerUrl(config, address.origin);
  // What comes last counts: all workers listen on one port.
  const args = [...options.args, "--port", String(address.port)];
  await using cleanup = new AsyncDisposableStack();
  const workers = createWorkers(config, { args, log, origin: address.origin });
  cleanup.defer(() => workers.pool.stop());
  const onError = (err: unknown): void => log.error({ err }, "unexpected error on the admin port");
  let isStopping = false;
  const isReady = (): boolean => !isStopping && workers.areReady();
  const admin = await bindAdmin({ metrics: workers.metrics, isReady, onError }, config);
  cleanup.defer(() => admin.close(0));
  cleanup.defer(terminal.onHangup(() => workers.hangUp()));

  const failure = await Promise.race([workers.pool.start(), stopped.then(() => undefined)]);
  if (failure !== undefined) {
    throw new CommandError(`a worker ended before it took calls, with ${failure.failedWith ?? "a signal"}`);
  }
  if (workers.areReady()) {
    options.onReady({ origin: address.origin, adminOrigin: admin.origin });
  }
  const signal = await stopped;
  isStopping = true;
  log.info({ signal }, "stopping: calls in flight may end");
  await workers.pool.stop();
}

function createWorkers(
  config: Config,
  parts: { readonly args: readonly string[]; readonly origin: string; readonly log: Logger },
) {
  const { args, origin, log } = parts;
  const { workers: count } = config;
  const forked = new Set<ForkedWorker>();
  const start = (): ForkedWorker => {
    const worker = forkWorker(args, origin);
    log.info({ pid: worker.pid }, "a worker starts");
    forked.add(worker);
    worker.ended.then(() => forked.delete(worker)).catch(() => undefined);
    return worker;
  };
  const pool = createWorkerPool({
    count,
    start,
    graceMs: drainDelayOf(config) + GRACE_MS + CLOSING_MS,
    onLost(code) {
      metrics.countLost();
      log.error({ code }, "a worker ended by itself: another takes its place");
    },
  });
  const readMetrics = async (): Promise<readonly ProcessMetrics[]> => {
    const ready = [...forked].filter((worker) => worker.isReady());
    const all = await Promise.all(ready.map((worker) => worker.readMetrics()));
    return all.filter((metrics) => metrics !== undefined);
  };
  const areReady = (): boolean => pool.ready() === count;
  const metrics = createWorkerMetrics({ areReady, count: () => pool.ready(), read: readMetrics });
  return {
    pool,
    metrics: metrics.source,
    areReady,
    hangUp: () => {
      for (const worker of forked) {
        worker.hangUp();
      }
    },
  };
}
