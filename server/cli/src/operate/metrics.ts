import { joinObservers, type Observer } from "@countersign/server";
import { collectDefaultMetrics, Registry } from "prom-client";
import { createCallMetrics } from "./call-metrics.ts";
import { createDependencyMetrics } from "./dependency-metrics.ts";
import { createSessionMetrics } from "./session-metrics.ts";
import { createSignalMetrics } from "./signal-metrics.ts";
import { createStreamMetrics } from "./stream-metrics.ts";

/** The figures of one process, for Prometheus. */
export interface Metrics {
  /** What is served at /metrics. */
  readonly registry: Registry;
  /** Counts what a server does. */
  readonly observer: Observer;
}

/** The figures of one process, in the form in which processes hand them on. */
export type ProcessMetrics = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** Create the figures of a server, with those of its process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const observers = [
    createCallMetrics,
    createSessionMetrics,
    createDependencyMetrics,
    createSignalMetrics,
    createStreamMetrics,
  ];
  return { registry, observer: joinObservers(...observers.map((create) => create(registry))) };
}
