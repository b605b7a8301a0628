import type { Observer } from "@countersign/server";
import type { Registry } from "prom-client";
import { createCounter, createGauge } from "./create-metric.ts";

/** Create the figures of what a server learns of revocations, and what it passes on of them. */
export function createSignalMetrics(registry: Registry): Observer {
  const signals = createCounter(registry, "countersign_signals_total");
  const logouts = createCounter(registry, "countersign_logouts_total");
  const verified = createGauge(registry, "countersign_event_stream_verified_seconds");
  const served = createCounter(registry, "countersign_feed_total");
  const busTests = createCounter(registry, "countersign_bus_tests_total");
  return {
    signalReceived: ({ kind, count }) => signals.inc({ kind }, count),
    logoutReceived({ kind, event = "", issuer = "", result }) {
      logouts.inc({ kind, event, result });
      if (event === "verification" && result === "ignored") {
        verified.setToCurrentTime({ issuer });
      }
    },
    feedServed: ({ kind, count }) => served.inc({ kind }, count),
    busTested: ({ result }) => busTests.inc({ result }),
  };
}
