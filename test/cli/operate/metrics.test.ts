import { expect, test } from "vitest";
import { createMetrics } from "../../../server/cli/src/operate/metrics.ts";
import type { CallDecision } from "../../../server/gate/src/kernel/observe.ts";

const method = "test.v1.EchoService/Call";

async function linesOf({ registry }: ReturnType<typeof createMetrics>): Promise<readonly string[]> {
  return (await registry.metrics()).split("\n");
}

function decision(parts: Partial<CallDecision>): CallDecision {
  const allowed: CallDecision = {
    method,
    result: "allowed",
    reason: undefined,
    decidedBy: "gate",
    cache: "hit",
    microseconds: 1,
  };
  return { ...allowed, ...parts };
}

test("streams are counted by how they ended, and those at their deadline by how late", async () => {
  const metrics = createMetrics();
  const { observer } = metrics;
  for (let count = 0; count < 6; count += 1) {
    observer.streamOpened?.({ method });
  }
  observer.streamRenewed?.({ method, expiresInMs: 1 });
  observer.renewalAsked?.({ result: "elsewhere", count: 3 });
  observer.streamEnded?.({ method, reason: "STREAM_EXPIRED", lateMs: 30 });
  observer.streamEnded?.({ method, reason: "STREAM_EXPIRED", lateMs: -1 });
  observer.streamEnded?.({ method, reason: "SESSION_REVOKED", lateMs: undefined });
  observer.streamEnded?.({ method, reason: "CLOSED", lateMs: undefined });
  expect(await linesOf(metrics)).toEqual(
    expect.arrayContaining([
      "countersign_live_streams 2",
      "countersign_streams_opened_total 6",
      "countersign_stream_renewals_total 1",
      'countersign_stream_renewals_asked_total{result="elsewhere"} 3',
      'countersign_stream_ends_total{reason="STREAM_EXPIRED"} 2',
      'countersign_stream_ends_total{reason="SESSION_REVOKED"} 1',
      'countersign_stream_ends_total{reason="CLOSED"} 1',
      'countersign_stream_end_lateness_seconds_bucket{le="0.001"} 1',
      'countersign_stream_end_lateness_seconds_bucket{le="0.05"} 2',
      "countersign_stream_end_lateness_seconds_sum 0.03",
      "countersign_stream_end_lateness_seconds_count 2",
    ]),
  );
});

test("calls are counted by how they were decided, and go on from there each time", async () => {
  const metrics = createMetrics();
  const { callDecided } = metrics.observer;
  callDecided?.(decision({}));
  callDecided?.(decision({}));
  callDecided?.(decision({ cache: "miss", microseconds: 200 }));
  callDecided?.(decision({ result: "denied", reason: "TOKEN_MISSING", cache: "none" }));
  callDecided?.(decision({ result: "denied", reason: "INTERNAL", cache: "none" }));
  callDecided?.(decision({ result: "would_be_denied", reason: "POLICY_DENIED" }));
  expect(await linesOf(metrics)).toEqual(
    expect.arrayContaining([
      `countersign_calls_decided_total{method="${method}",result="allowed",reason=""} 3`,
      `countersign_calls_decided_total{method="${method}",result="denied",reason="INTERNAL"} 1`,
      `countersign_calls_decided_total{method="${method}",result="would_be_denied",reason="POLICY_DENIED"} 1`,
      `countersign_calls_denied_total{method="${method}",reason="TOKEN_MISSING"} 1`,
      'countersign_verdict_cache_total{result="hit"} 3',
      'countersign_verdict_cache_total{result="miss"} 1',
      "countersign_token_verification_seconds_sum 0.0002",
      "countersign_token_verification_seconds_count 1",
    ]),
  );
  callDecided?.(decision({}));
  expect(await linesOf(metrics)).toContain(
    `countersign_calls_decided_total{method="${method}",result="allowed",reason=""} 4`,
  );
});

test("changes, refreshes, and what the server depends on are counted", async () => {
  const metrics = createMetrics();
  const { observer } = metrics;
  observer.audited?.({ type: "sign_in" });
  observer.audited?.({ type: "call_denied", reason: "TOKEN_MISSING" });
  observer.refreshDecided?.({ outcome: "refreshed", microseconds: 1 });
  observer.refreshDecided?.({ outcome: "REUSE", microseconds: 30_000 });
  observer.storeQueried?.({ operation: "select", table: "accounts", result: "answered", microseconds: 300 });
  observer.storeQueried?.({ operation: "other", table: undefined, result: "failed", microseconds: 1 });
  observer.keysFetched?.({ issuer: "https://issuer.example", result: "failed", microseconds: 20_000 });
  observer.keysFetched?.({ issuer: "https://other.example", result: "fetched", microseconds: 20_000 });
  observer.signalReceived?.({ kind: "revocation", count: 3 });
  observer.logoutReceived?.({ kind: "back_channel", issuer: undefined, result: "refused" });
  observer.feedServed?.({ kind: "delivery", count: 40 });
  observer.busTested?.({ result: "lost", microseconds: 5_000_000 });
  observer.schemaRead?.({ version: 9, knownVersion: 8 });
  const lines = await linesOf(metrics);
  expect(lines).toEqual(
    expect.arrayContaining([
      'countersign_events_total{type="sign_in",reason=""} 1',
      'countersign_refreshes_total{outcome="refreshed"} 1',
      'countersign_refreshes_total{outcome="REUSE"} 1',
      'countersign_refresh_seconds_bucket{le="0.05"} 2',
      'countersign_refresh_seconds_bucket{le="0.025"} 1',
      'countersign_store_queries_total{operation="select",table="accounts",result="answered"} 1',
      'countersign_store_queries_total{operation="other",table="",result="failed"} 1',
      'countersign_store_query_seconds_sum{operation="select"} 0.0003',
      'countersign_key_fetches_total{issuer="https://issuer.example",result="failed"} 1',
      "countersign_key_fetch_seconds_sum 0.04",
      'countersign_signals_total{kind="revocation"} 3',
      'countersign_logouts_total{kind="back_channel",event="",result="refused"} 1',
      'countersign_feed_total{kind="delivery"} 40',
      'countersign_bus_tests_total{result="lost"} 1',
      'countersign_store_schema_version{of="database"} 9',
      'countersign_store_schema_version{of="program"} 8',
    ]),
  );
  expect(lines.filter((line) => line.includes("call_denied"))).toEqual([]);
  expect(lines.filter((line) => line.startsWith("countersign_keys_fetched_seconds"))).toEqual([
    expect.stringMatching(/^countersign_keys_fetched_seconds\{issuer="https:\/\/other.example"\} \d{10}/),
  ]);
});
