import type { Observer } from "@countersign/server";
import type { Registry } from "prom-client";
import { createCounter, createGauge, createHistogram } from "./create-metric.ts";

/** Create the figures of open streams. @param registry what is served */
export function createStreamMetrics(registry: Registry): Observer {
  const ends = createCounter(registry, "countersign_stream_ends_total");
  const renewals = createCounter(registry, "countersign_stream_renewals_total");
  const asked = createCounter(registry, "countersign_stream_renewals_asked_total");
  const lateness = createHistogram(registry, "countersign_stream_end_lateness_seconds");
  const live = createGauge(registry, "countersign_live_streams");
  const opened = createCounter(registry, "countersign_streams_opened_total");
  return {
    streamOpened() {
      opened.inc();
      live.inc();
    },
    streamRenewed: () => renewals.inc(),
    renewalAsked: ({ result, count }) => asked.inc({ result }, count),
    streamEnded({ reason, lateMs }) {
      live.dec();
      ends.inc({ reason });
      if (lateMs !== undefined) {
        lateness.observe(Math.max(0, lateMs) / 1000);
      }
    },
  };
}
