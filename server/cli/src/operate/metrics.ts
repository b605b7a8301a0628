import type { AuditSink, StreamWatch } from "@countersign/server";
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { createStreamMetrics, watchLiveStreams } from "./stream-metrics.ts";

/** The figures of one server, for Prometheus. */
export interface Metrics {
  /** What is served at /metrics. */
  readonly registry: Registry;
  /** Counts the events of the audit trail. */
  readonly audit: AuditSink;
  /** Counts what becomes of streams. */
  readonly streams: StreamWatch;
  /** Watch how many streams are open. @param count answers at once */
  watchStreams(count: () => number): void;
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
  const denied = new Counter({
    name: "countersign_calls_denied_total",
    help: "Calls that the gate or a rule refused.",
    labelNames: ["method", "reason"],
    registers: [registry],
  });
  const events = new Counter({
    name: "countersign_events_total",
    help: "Sign-ins, refreshes, revocations and key changes, by type.",
    labelNames: ["type", "reason"],
    registers: [registry],
  });
  return {
    registry,
    audit: {
      record({ type, method = "", reason = "" }) {
        if (type === "call_denied") {
          denied.inc({ method, reason });
        } else {
          events.inc({ type, reason });
        }
      },
    },
    streams: createStreamMetrics(registry),
    watchStreams: (count) => watchLiveStreams(registry, count),
  };
}
