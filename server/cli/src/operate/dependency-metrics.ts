import type { Observer } from "@countersign/server";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Bounds of the time that a query takes, in seconds. */
const QUERY_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 10];
/** Bounds of the time that a fetch takes, in seconds. */
const FETCH_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Create the figures of what a server depends on: the store, and other issuers. */
export function createDependencyMetrics(registry: Registry): Observer {
  const registers = [registry];
  const queries = new Counter({
    name: "countersign_store_queries_total",
    help: "Queries of the database.",
    labelNames: ["operation", "table", "result"],
    registers,
  });
  const queryTime = new Histogram({
    name: "countersign_store_query_seconds",
    help: "How long queries of the database took.",
    labelNames: ["operation"],
    buckets: QUERY_BUCKETS,
    registers,
  });
  const fetches = new Counter({
    name: "countersign_key_fetches_total",
    help: "Fetches of the keys of other issuers.",
    labelNames: ["issuer", "result"],
    registers,
  });
  const fetchTime = new Histogram({
    name: "countersign_key_fetch_seconds",
    help: "How long fetches of keys took.",
    buckets: FETCH_BUCKETS,
    registers,
  });
  return {
    storeQueried({ operation, table = "", result, microseconds }) {
      queries.inc({ operation, table, result });
      queryTime.observe({ operation }, microseconds / 1_000_000);
    },
    schemaRead: createSchemaMetric(registers),
    keysFetched({ issuer, result, microseconds }) {
      fetches.inc({ issuer, result });
      fetchTime.observe(microseconds / 1_000_000);
    },
  };
}

function createSchemaMetric(registers: Registry[]): NonNullable<Observer["schemaRead"]> {
  const schema = new Gauge({
    name: "countersign_store_schema_version",
    help: "The version of the tables: that of the database, and the one that this program knows.",
    labelNames: ["of"],
    // Of several workers, one is enough.
    aggregator: "max",
    registers,
  });
  return ({ version, knownVersion }) => {
    schema.set({ of: "database" }, version);
    schema.set({ of: "program" }, knownVersion);
  };
}
