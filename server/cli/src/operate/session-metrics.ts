import type { Observer } from "@countersign/server";
import type { Registry } from "prom-client";
import { createCounter, createHistogram } from "./create-metric.ts";

/** Create the figures of what changes: sessions, accounts, clients and keys. */
export function createSessionMetrics(registry: Registry): Observer {
  const events = createCounter(registry, "countersign_events_total");
  const refreshes = createCounter(registry, "countersign_refreshes_total");
  // Prometheus sees no increase in a series that begins with 1, and one of these is to be noticed.
  refreshes.inc({ outcome: "REUSE" }, 0);
  const refreshTime = createHistogram(registry, "countersign_refresh_seconds");
  return {
    audited({ type, reason = "" }) {
      // A stranger decides how many calls are refused, and the call metrics count them.
      if (type !== "call_denied") {
        events.inc({ type, reason });
      }
    },
    refreshDecided({ outcome, microseconds }) {
      refreshes.inc({ outcome });
      refreshTime.observe(microseconds / 1_000_000);
    },
  };
}
