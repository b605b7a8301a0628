import { joinObservers, type Observer } from "@countersign/server";
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { createCallMetrics } from "./call-metrics.ts";
import { createDependencyMetrics } from "./dependency-metrics.ts";
import { createSignalMetrics } from "./signal-metrics.ts";
import { createStreamMetrics } from "./stream-metrics.ts";

/** The figures of one server, for Prometheus. */
export interface Metrics {
  /** What is served at /metrics. */
  readonly registry: Registry;
  /** Counts what a server does. */
  readonly observer: Observer;
}

/** The figures of one process, in the form in which processes hand them on. */
export type ProcessMetrics = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** Figures of the processes of one server, as one of them serves them. */
export interface WorkerMetrics {
  /** What is served at /metrics. */
  readonly source: Pick<Registry, "contentType" | "metrics">;
  /** Count a worker that ended by itself. */
  countLost(): void;
}

/**
 * Create the figures of a server that runs as several processes: the sums of theirs, and how many there are.
 *
 * @param ready answers how many take calls
 * @param read asks all of them for their figures
 */
export function createWorkerMetrics(
  ready: () => number,
  read: () => Promise<readonly ProcessMetrics[]>,
): WorkerMetrics {
  const registry = new Registry();
  new Gauge({
    name: "countersign_workers",
    help: "Processes that take calls.",
    registers: [registry],
    collect() {
      this.set(ready());
    },
  });
  const lost = new Counter({
    name: "countersign_workers_lost_total",
    help: "Worker processes that ended by themselves.",
    registers: [registry],
  });
  return {
    countLost: () => lost.inc(),
    source: {
      contentType: registry.contentType,
      async metrics() {
        const sums = AggregatorRegistry.aggregate([...(await read())]);
        return `${await registry.metrics()}${await sums.metrics()}`;
      },
    },
  };
}

/** Create the figures of a server, with those of its process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const observers = [
    createCallMetrics,
    createChangeMetrics,
    createDependencyMetrics,
    createSignalMetrics,
    createStreamMetrics,
  ];
  return { registry, observer: joinObservers(...observers.map((create) => create(registry))) };
}

/** Create the figures of what changes: sessions, accounts, clients and keys. */
function createChangeMetrics(registry: Registry): Observer {
  const registers = [registry];
  const events = new Counter({
    name: "countersign_events_total",
    help: "Sign-ins, refreshes, revocations and changes of keys, accounts and clients, by type.",
    labelNames: ["type", "reason"],
    registers,
  });
  const refreshes = new Counter({
    name: "countersign_refreshes_total",
    help: "Attempts to refresh a session: refreshed, REUSE, or why they were refused.",
    labelNames: ["outcome"],
    registers,
  });
  return {
    audited({ type, reason = "" }) {
      // A stranger decides how many calls are refused, and the call metrics count them.
      if (type !== "call_denied") {
        events.inc({ type, reason });
      }
    },
    refreshDecided: ({ outcome }) => refreshes.inc({ outcome }),
  };
}
