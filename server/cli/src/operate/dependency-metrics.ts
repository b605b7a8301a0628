import type { Observer } from "@countersign/server";
import type { Registry } from "prom-client";
import { createCounter, createGauge, createHistogram } from "./create-metric.ts";

/** Create the figures of what a server depends on: the store, and other issuers. */
export function createDependencyMetrics(registry: Registry): Observer {
  const queries = createCounter(registry, "countersign_store_queries_total");
  const queryTime = createHistogram(registry, "countersign_store_query_seconds");
  const schema = createGauge(registry, "countersign_store_schema_version");
  const fetches = createCounter(registry, "countersign_key_fetches_total");
  const fetchTime = createHistogram(registry, "countersign_key_fetch_seconds");
  const fetched = createGauge(registry, "countersign_keys_fetched_seconds");
  return {
    storeQueried({ operation, table = "", result, microseconds }) {
      queries.inc({ operation, table, result });
      queryTime.observe({ operation }, microseconds / 1_000_000);
    },
    schemaRead({ version, knownVersion }) {
      schema.set({ of: "database" }, version);
      schema.set({ of: "program" }, knownVersion);
    },
    keysFetched({ issuer, result, microseconds }) {
      fetches.inc({ issuer, result });
      fetchTime.observe(microseconds / 1_000_000);
      if (result === "fetched") {
        fetched.setToCurrentTime({ issuer });
      }
    },
  };
}
