import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { AuditSink } from "./audit.ts";

/** The figures of one server, for Prometheus. */
export interface Metrics {
  /** What is served at /metrics. */
  readonly registry: Registry;
  /** Counts the events of the audit trail. */
  readonly audit: AuditSink;
  /** Watch how many streams are open. @param count answers at once */
  watchStreams(count: () => number): void;
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
    watchStreams(count) {
      new Gauge({
        name: "countersign_live_streams",
        help: "Streams that are open and run on a token.",
        registers: [registry],
        collect() {
          this.set(count());
        },
      });
    },
  };
}
