import fc from "fast-check";
import { expect, test } from "vitest";
import {
  expiredThresholdMs,
  msUntilStale,
  remainingMs,
  staleThresholdMs,
  type TokenTiming,
  tokenState,
  withArrivalGrace,
} from "../../../sdk/src/core/token-state.ts";

const MINUTE_MS = 60_000;

function timingOf(lifetimeMs: number, jitter = 0): TokenTiming {
  return { lifetimeMs, startedAtMs: 1_000_000, startedMonotonicMs: 500, jitter };
}

function after(elapsedMs: number) {
  return { wallMs: 1_000_000 + elapsedMs, monotonicMs: 500 + elapsedMs };
}

const THRESHOLDS = [
  { lifetimeMs: 2_000, staleMs: 1_000, expiredMs: 200 },
  { lifetimeMs: 30_000, staleMs: 10_000, expiredMs: 3_000 },
  { lifetimeMs: 10 * MINUTE_MS, staleMs: 2 * MINUTE_MS, expiredMs: 10_000 },
  { lifetimeMs: 24 * 60 * MINUTE_MS, staleMs: 5 * MINUTE_MS, expiredMs: 10_000 },
];

test.each(THRESHOLDS)("a token of $lifetimeMs ms is stale with $staleMs ms left", (row) => {
  const timing = timingOf(row.lifetimeMs);
  expect(staleThresholdMs(row.lifetimeMs, 0)).toBe(row.staleMs);
  expect(staleThresholdMs(row.lifetimeMs, 1)).toBeCloseTo(row.staleMs * 1.2);
  expect(expiredThresholdMs(row.lifetimeMs)).toBe(row.expiredMs);
  expect(tokenState(timing, after(row.lifetimeMs - row.staleMs - 1))).toBe("fresh");
  expect(tokenState(timing, after(row.lifetimeMs - row.staleMs))).toBe("stale");
  expect(tokenState(timing, after(row.lifetimeMs - row.expiredMs - 1))).toBe("stale");
  expect(tokenState(timing, after(row.lifetimeMs - row.expiredMs))).toBe("expired");
});

test("the larger of the two clocks' differences counts", () => {
  const timing = timingOf(10 * MINUTE_MS);
  expect(remainingMs(timing, { wallMs: 1_000_000 - MINUTE_MS, monotonicMs: 500 + MINUTE_MS })).toBe(
    9 * MINUTE_MS,
  );
  expect(remainingMs(timing, { wallMs: 1_000_000 + MINUTE_MS, monotonicMs: 500 })).toBe(9 * MINUTE_MS);
});

test("a token only ever goes from fresh to stale to expired", () => {
  const order = ["fresh", "stale", "expired"];
  const lifetimes = fc.integer({ min: 1, max: 1e9 });
  const property = fc.property(
    lifetimes,
    fc.double({ min: 0, max: 1, noNaN: true }),
    (lifetimeMs, jitter) => {
      const timing = timingOf(lifetimeMs, jitter);
      const states = [0, 0.2, 0.4, 0.6, 0.8, 0.9, 1, 2].map((share) =>
        tokenState(timing, after(share * lifetimeMs)),
      );
      const ranks = states.map((state) => order.indexOf(state));
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      expect([states[0], states.at(-1)]).toEqual(["fresh", "expired"]);
    },
  );
  fc.assert(property);
});

test("says exactly when a token becomes stale", () => {
  const timing = timingOf(10 * MINUTE_MS, 0.5);
  const untilMs = msUntilStale(timing, after(MINUTE_MS));
  expect(tokenState(timing, after(MINUTE_MS + untilMs - 1))).toBe("fresh");
  expect(tokenState(timing, after(MINUTE_MS + untilMs + 1))).toBe("stale");
  expect(msUntilStale(timing, after(20 * MINUTE_MS))).toBe(0);
});

test("a token that arrives expired is used for half its life, at most a minute", () => {
  for (const [lifetimeMs, graceMs] of [
    [2_000, 1_000],
    [10 * MINUTE_MS, MINUTE_MS],
  ] as const) {
    const arrival = after(lifetimeMs);
    const timing = withArrivalGrace(timingOf(lifetimeMs), arrival);
    expect(tokenState(timing, after(lifetimeMs + graceMs - 1))).toBe("fresh");
    expect(tokenState(timing, after(lifetimeMs + graceMs))).toBe("expired");
  }
  const inTime = timingOf(2_000);
  expect(withArrivalGrace(inTime, after(100))).toBe(inTime);
});

test("row 41: of 10,000 clients with tokens of one second none refreshes in a crowd", () => {
  const lifetimeMs = 10 * MINUTE_MS;
  const SECOND_MS = 1_000;
  const perSecond = new Map<number, number>();
  for (let client = 0; client < 10_000; client += 1) {
    const startedMs = fraction(client * 0.754_877) * SECOND_MS;
    const staleMs = startedMs + msUntilStale(timingOf(lifetimeMs, fraction(client * 0.569_84)), after(0));
    const second = Math.floor(staleMs / SECOND_MS);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  const seconds = [...perSecond.keys()];
  const spread = Math.max(...seconds) - Math.min(...seconds);
  expect(spread).toBeGreaterThanOrEqual(15);
  expect(Math.max(...perSecond.values())).toBeLessThanOrEqual((5 * 10_000) / (spread + 1));
});

/** Spreads whole numbers evenly between 0 and 1, the same way in every run. */
function fraction(value: number): number {
  return value - Math.floor(value);
}
