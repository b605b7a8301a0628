import type { Observer } from "@countersign/server";
import { Counter, Gauge, type Registry } from "prom-client";

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
    labelNames: ["kind", "event", "result"],
    registers,
  });
  const verified = new Gauge({
    name: "countersign_event_stream_verified_seconds",
    help: "When the stream of security events of a transmitter was verified for the last time, in seconds since 1970.",
    labelNames: ["issuer"],
    aggregator: "max",
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
