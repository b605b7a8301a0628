import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "../../../server/gate/src/kernel/backoff.ts";

test("a wait doubles with each failure, up to the longest", () => {
  const backoff = { firstMs: 100, maxMs: 10_000 };
  expect([1, 2, 3, 7, 8, 100, 5_000].map((failures) => backoffMs(backoff, failures))).toEqual([
    ...[100, 200, 400, 6_400, 10_000, 10_000, 10_000],
  ]);
});

test("before there was a failure, the wait is the first", () => {
  expect([0, -1].map((failures) => backoffMs({ firstMs: 100, maxMs: 10_000 }, failures))).toEqual([100, 100]);
});

for (const { jitter, shortestMs } of [
  { jitter: 0, shortestMs: 400 },
  { jitter: 0.5, shortestMs: 200 },
  { jitter: 1, shortestMs: 0 },
]) {
  test(`with a jitter of ${jitter}, a wait of 400 ms is not shorter than ${shortestMs} ms`, () => {
    expect(backoffMs({ firstMs: 100, maxMs: 10_000, jitter }, 3, 0)).toBe(shortestMs);
    expect(backoffMs({ firstMs: 100, maxMs: 10_000, jitter }, 3, 0.999_999)).toBeCloseTo(400, 2);
  });
}

test("no jitter makes a wait longer, or shorter than nothing", () => {
  const one = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(one, one, fc.nat(200), (jitter, random, failures) => {
      const waitMs = backoffMs({ firstMs: 100, maxMs: 10_000, jitter }, failures, random);
      return waitMs >= 0 && waitMs <= 10_000;
    }),
  );
});
