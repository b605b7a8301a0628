import type { CallDecision, Observer } from "@countersign/server";
import type { Registry } from "prom-client";
import { createCounter, createHistogram } from "./create-metric.ts";
import { METRICS, type MetricDefinition, type MetricName } from "./metric-list.ts";

/** Create the figures of decisions on calls. @param registry what is served */
export function createCallMetrics(registry: Registry): Observer {
  const decisions = createTally(registry, "countersign_calls_decided_total");
  const denied = createTally(registry, "countersign_calls_denied_total");
  const lookups = createTally(registry, "countersign_verdict_cache_total");
  const verification = createHistogram(registry, "countersign_token_verification_seconds");
  return {
    callDecided({ method, result, reason, cache, microseconds }: CallDecision) {
      decisions(method, result, reason ?? "");
      if (result === "denied" && reason !== undefined && reason !== "INTERNAL") {
        denied(method, reason);
      }
      if (cache !== "none") {
        lookups(cache);
      }
      if (cache === "miss") {
        verification.observe(microseconds / 1_000_000);
      }
    },
  };
}

/** Stands in no label. */
const SEPARATOR = "\n";

/**
 * Create a counter for what every call adds to. Its figures are handed to prom-client when they are asked for: counting
 * there checks and joins the labels anew each time.
 */
function createTally(
  registry: Registry,
  name: MetricName<"counter">,
): (...labels: readonly string[]) => void {
  const { labels: names = [] }: MetricDefinition = METRICS[name];
  const counts = new Map<string, number>();
  createCounter(registry, name, function collect() {
    for (const [key, count] of counts) {
      const values = key.split(SEPARATOR);
      this.inc(Object.fromEntries(names.map((label, index) => [label, values[index] ?? ""])), count);
    }
    counts.clear();
  });
  return (...labels) => {
    const key = labels.join(SEPARATOR);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
}
