import type { MetricsSource } from "@countersign/node";
import { AggregatorRegistry, Registry } from "prom-client";
import { readVersion } from "../version.ts";
import { createCounter, createGauge } from "./create-metric.ts";
import type { ProcessMetrics } from "./metrics.ts";

/** What the operator's port serves for a server that runs as several processes. */
export interface WorkerMetrics {
  readonly source: MetricsSource;
  /** Count a worker that ended by itself. */
  countLost(): void;
}

/** What the figures of workers are made of. */
export interface WorkerMetricsOptions {
  /** Whether all take calls. */
  readonly areReady: () => boolean;
  /** How many take calls. */
  readonly count: () => number;
  /** Asks all of them for their figures. */
  readonly read: () => Promise<readonly ProcessMetrics[]>;
}

/**
 * Create what the operator's port serves: whether the server is ready, which version it is, and what its process has counted.
 *
 * @param isReady whether it takes calls
 * @param read writes down the figures of the process, once it has any
 */
export function createServerMetrics(isReady: () => boolean, read: () => Promise<string>): MetricsSource {
  return toSource(createServerRegistry(isReady), read);
}

/** Create the same for a server that runs as several processes: the sums of their figures, and how many there are. */
export function createWorkerMetrics({ areReady, count, read }: WorkerMetricsOptions): WorkerMetrics {
  const registry = createServerRegistry(areReady);
  createGauge(registry, "countersign_workers", function collect() {
    this.set(count());
  });
  const lost = createCounter(registry, "countersign_workers_lost_total");
  return {
    countLost: () => lost.inc(),
    source: toSource(registry, async () => AggregatorRegistry.aggregate([...(await read())]).metrics()),
  };
}

function createServerRegistry(isReady: () => boolean): Registry {
  const registry = new Registry();
  createGauge(registry, "countersign_ready", function collect() {
    this.set(isReady() ? 1 : 0);
  });
  createGauge(registry, "countersign_build_info").set({ version: readVersion() }, 1);
  return registry;
}

function toSource(registry: Registry, read: () => Promise<string>): MetricsSource {
  return {
    contentType: registry.contentType,
    metrics: async () => `${await registry.metrics()}${await read()}`,
  };
}
