import fc from "fast-check";
import { expect, test } from "vitest";
import {
  arrivedLifetime,
  expiredThresholdMs,
  msUntilRenewal,
  msUntilStale,
  remainingMs,
  type TokenTiming,
} from "../../../sdk/src/core/token-state.ts";

const MINUTE_MS = 60_000;
const START_MS = 1_000_000;
const START_MONOTONIC_MS = 500;

function timingOf(lifetimeMs: number, jitter = 0): TokenTiming {
  return { lifetimeMs, startedAtMs: START_MS, startedMonotonicMs: START_MONOTONIC_MS, jitter };
}

/** Both clocks at a time after the start; the monotonic one may have stood still for a while. */
function after(elapsedMs: number, monotonicElapsedMs = elapsedMs) {
  return { nowMs: () => START_MS + elapsedMs, monotonicMs: () => START_MONOTONIC_MS + monotonicElapsedMs };
}

const THRESHOLDS = [
  { lifetimeMs: 2_000, staleMs: 1_000, expiredMs: 200 },
  { lifetimeMs: 30_000, staleMs: 10_000, expiredMs: 3_000 },
  { lifetimeMs: 10 * MINUTE_MS, staleMs: 2 * MINUTE_MS, expiredMs: 10_000 },
  { lifetimeMs: 24 * 60 * MINUTE_MS, staleMs: 5 * MINUTE_MS, expiredMs: 10_000 },
];

test.each(THRESHOLDS)("a token of $lifetimeMs ms is stale with $staleMs ms left", (row) => {
  expect(msUntilStale(timingOf(row.lifetimeMs), after(0))).toBe(row.lifetimeMs - row.staleMs);
  expect(msUntilStale(timingOf(row.lifetimeMs, 1), after(0))).toBeCloseTo(row.lifetimeMs - 1.2 * row.staleMs);
  expect(msUntilStale(timingOf(row.lifetimeMs), after(row.lifetimeMs - row.staleMs))).toBe(0);
  expect(expiredThresholdMs(row.lifetimeMs)).toBe(row.expiredMs);
});

test("the larger of the two clocks' differences counts", () => {
  const timing = timingOf(10 * MINUTE_MS);
  expect(remainingMs(timing, after(-MINUTE_MS, MINUTE_MS))).toBe(9 * MINUTE_MS);
  expect(remainingMs(timing, after(MINUTE_MS, 0))).toBe(9 * MINUTE_MS);
});

test("a token is fresh when it begins, and stale before it is expired", () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 1e9 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (lifetimeMs, jitter) => {
      const timing = timingOf(lifetimeMs, jitter);
      const untilStaleMs = msUntilStale(timing, after(0));
      expect(untilStaleMs).toBeGreaterThan(0);
      expect(untilStaleMs).toBeLessThan(lifetimeMs - expiredThresholdMs(lifetimeMs));
    },
  );
  fc.assert(property);
});

test("streams are due for a newer token at 75 to 85 % of its life", () => {
  expect(msUntilRenewal(timingOf(100_000, 0), after(0))).toBeCloseTo(75_000);
  expect(msUntilRenewal(timingOf(100_000, 1), after(10_000))).toBeCloseTo(75_000);
});

test.each([
  [4_000, 3_000],
  [2_000, 1_100],
  [1_000, 550],
])(
  "streams on a token of %i ms are due after %i ms, so that a slow answer comes in time",
  (lifetimeMs, dueMs) => {
    for (const jitter of [0, 1]) {
      expect(msUntilRenewal(timingOf(lifetimeMs, jitter), after(0))).toBeCloseTo(dueMs);
    }
  },
);

test("the life of a token counts from when it was asked for, by whichever clock says more", () => {
  const asked = { lifetimeMs: 10 * MINUTE_MS, startedAtMs: START_MS, startedMonotonicMs: START_MONOTONIC_MS };
  const arrived = (elapsedMs: number, monotonicElapsedMs: number) => {
    const now = after(elapsedMs, monotonicElapsedMs);
    return { ageMs: now.nowMs() - arrivedLifetime(asked, now).startedAtMs };
  };
  expect(arrived(3_000, 3_000)).toEqual({ ageMs: 3_000 });
  expect(arrived(-2 * 60 * MINUTE_MS, 3_000)).toEqual({ ageMs: 3_000 });
  expect(arrived(MINUTE_MS, 3_000)).toEqual({ ageMs: MINUTE_MS });
});

test.each([
  { lifetimeMs: 2_000, graceMs: 1_000 },
  { lifetimeMs: 10 * MINUTE_MS, graceMs: MINUTE_MS },
])("a token of $lifetimeMs ms that arrives expired is used for $graceMs ms", ({ lifetimeMs, graceMs }) => {
  const asked = { lifetimeMs, startedAtMs: START_MS, startedMonotonicMs: START_MONOTONIC_MS };
  const arrival = after(lifetimeMs);
  const life = arrivedLifetime(asked, arrival);
  expect(life.startedAtMs).toBe(arrival.nowMs());
  expect(life.lifetimeMs - expiredThresholdMs(life.lifetimeMs)).toBeCloseTo(graceMs);
});
