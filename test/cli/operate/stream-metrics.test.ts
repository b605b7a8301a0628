import { expect, test } from "vitest";
import { createMetrics } from "../../../server/cli/src/operate/metrics.ts";

test("streams are counted by how they ended, and those at their deadline by how late", async () => {
  const { registry, streams: watch, watchStreams } = createMetrics();
  watchStreams(() => 7);
  watch.renewed();
  watch.ended("STREAM_EXPIRED", 30);
  watch.ended("STREAM_EXPIRED", -1);
  watch.ended("SESSION_REVOKED");
  watch.ended("CLOSED");
  const text = await registry.metrics();
  for (const line of [
    "countersign_live_streams 7",
    "countersign_stream_renewals_total 1",
    'countersign_stream_ends_total{reason="STREAM_EXPIRED"} 2',
    'countersign_stream_ends_total{reason="SESSION_REVOKED"} 1',
    'countersign_stream_ends_total{reason="CLOSED"} 1',
    'countersign_stream_end_lateness_seconds_bucket{le="0.001"} 1',
    'countersign_stream_end_lateness_seconds_bucket{le="0.05"} 2',
    "countersign_stream_end_lateness_seconds_sum 0.03",
    "countersign_stream_end_lateness_seconds_count 2",
  ]) {
    expect(text.split("\n")).toContain(line);
  }
});
