import type { Observer } from "@countersign/server";
import { Counter, type Registry } from "prom-client";

/** Create the figures of what a server learns of revocations, and what it passes on of them. */
export function createSignalMetrics(registry: Registry): Observer {
  const registers = [registry];
  const signals = new Counter({
    name: "countersign_signals_total",
    help: "Revocations and withdrawals of keys that have become known here.",
    labelNames: ["kind"],
    registers,
  });
  const logouts = new Counter({
    name: "countersign_logouts_total",
    help: "Messages of other identity providers about what has ended, by what came of them.",
    labelNames: ["kind", "result"],
    registers,
  });
  const served = new Counter({
    name: "countersign_feed_total",
    help: "What was done for servers that watch what is revoked here; watch less watch_end: those that do now.",
    labelNames: ["kind"],
    registers,
  });
  const busTests = new Counter({
    name: "countersign_bus_tests_total",
    help: "Messages of this server to itself, once a minute, by what came of them.",
    labelNames: ["result"],
    registers,
  });
  return {
    signalReceived: ({ kind, count }) => signals.inc({ kind }, count),
    logoutReceived: ({ kind, result }) => logouts.inc({ kind, result }),
    feedServed: ({ kind, count }) => served.inc({ kind }, count),
    busTested: ({ result }) => busTests.inc({ result }),
  };
}
