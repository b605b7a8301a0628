import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureDelayMs, freshForMs, refreshAtMs } from "../../../server/gate/src/keys/refresh-times.ts";

describe("the times of a key set (S5)", () => {
  test("is fresh for max-age between 60 s and 1 h, else for 10 min", () => {
    const cases = [undefined, 0, 59, 60, 61, 3599, 3600, 3601, 1e9].map(freshForMs);
    expect(cases).toEqual([600, 60, 60, 60, 61, 3599, 3600, 3600, 3600].map((seconds) => seconds * 1000));
  });

  test("is fetched again after 70 to 90 % of its time", () => {
    expect(refreshAtMs(1000, 100_000, 0)).toBeCloseTo(71_000);
    expect(refreshAtMs(1000, 100_000, 0.5)).toBeCloseTo(81_000);
    expect(refreshAtMs(1000, 100_000, 1)).toBeCloseTo(91_000);
  });

  test("waits after failures with full jitter under a cap from 1 s to 60 s", () => {
    expect([1, 2, 3, 6, 7, 8, 100, 5000].map((failures) => failureDelayMs(failures, 1))).toEqual([
      1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000, 60_000,
    ]);
    expect(failureDelayMs(3, 0.25)).toBe(1000);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const delayMs = failureDelayMs(failures, random);
          expect(delayMs >= 0 && delayMs <= 60_000).toBe(true);
        },
      ),
    );
  });
});
