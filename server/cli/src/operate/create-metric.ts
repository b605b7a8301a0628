import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { METRICS, type MetricDefinition, type MetricName } from "./metric-list.ts";

/** Create a counter of the list. @param collect brings it up to date when it is asked for */
export function createCounter(
  registry: Registry,
  name: MetricName<"counter">,
  collect: (this: Counter) => void = () => undefined,
): Counter {
  return new Counter({ ...settingsOf(registry, name), collect });
}

/** Create a gauge of the list. @param collect brings it up to date when it is asked for */
export function createGauge(
  registry: Registry,
  name: MetricName<"gauge">,
  collect: (this: Gauge) => void = () => undefined,
): Gauge {
  const { ofWorkers }: MetricDefinition = METRICS[name];
  return new Gauge({ ...settingsOf(registry, name), collect, aggregator: ofWorkers ?? "sum" });
}

/** Create a histogram of the list. */
export function createHistogram(registry: Registry, name: MetricName<"histogram">): Histogram {
  return new Histogram({ ...settingsOf(registry, name), buckets: [...METRICS[name].buckets] });
}

/** Where a guide is named in the help: what it is named by stays. */
const LINK = /\[([^\]]+)\]\([^)]+\)/g;

function settingsOf(registry: Registry, name: MetricName) {
  const { help, labels = [] }: MetricDefinition = METRICS[name];
  return { name, help: help.replace(LINK, "$1"), labelNames: [...labels], registers: [registry] };
}
