import type { Observer } from "@countersign/server";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Bounds of the lateness, in seconds: a stream should end within 100 ms of its deadline. */
const LATENESS_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** Create the figures of open streams. @param registry what is served */
export function createStreamMetrics(registry: Registry): Observer {
  const registers = [registry];
  const ends = new Counter({
    name: "countersign_stream_ends_total",
    help: "Streams that ran on a token and ended, by reason; CLOSED: by themselves.",
    labelNames: ["reason"],
    registers,
  });
  const renewals = new Counter({
    name: "countersign_stream_renewals_total",
    help: "Renewals of streams that are open here, wherever they were asked for.",
    registers,
  });
  const lateness = new Histogram({
    name: "countersign_stream_end_lateness_seconds",
    help: "How long after its deadline a stream was ended.",
    buckets: LATENESS_BUCKETS,
    registers,
  });
  const live = new Gauge({
    name: "countersign_live_streams",
    help: "Streams that are open and run on a token.",
    registers,
  });
  const opened = new Counter({
    name: "countersign_streams_opened_total",
    help: "Streams that were opened and run on a token.",
    registers,
  });
  return {
    streamOpened() {
      opened.inc();
      live.inc();
    },
    streamRenewed: () => renewals.inc(),
    streamEnded({ reason, lateMs }) {
      live.dec();
      ends.inc({ reason });
      if (lateMs !== undefined) {
        lateness.observe(Math.max(0, lateMs) / 1000);
      }
    },
  };
}
