import { describe, expect, it } from "vitest";
import type { Side } from "./bench.ts";
import { interleave, medianInterval, quantile } from "./rounds.ts";

describe("interleave", () => {
  it("lets the sides take turns and sums up each of their figures", async () => {
    const turns: string[] = [];
    const createSide = (name: string, values: number[]): Side => ({
      name,
      measure: async () => {
        turns.push(name);
        return [{ side: name, unit: "ms", value: values.shift() ?? Number.NaN }];
      },
    });
    const rows = await interleave("b", [createSide("x", [3, 1, 2]), createSide("y", [7, 9, 7])], 3);
    expect(turns).toEqual(["x", "y", "x", "y", "x", "y"]);
    expect(rows).toEqual([
      { bench: "b", side: "x", unit: "ms", median: 2, min: 1, max: 3, rounds: 3 },
      { bench: "b", side: "y", unit: "ms", median: 7, min: 7, max: 9, rounds: 3 },
    ]);
  });

  it("takes nothing that is not a number for a figure", async () => {
    const side = { name: "x", measure: async () => [{ side: "x", unit: "ms", value: Number.NaN }] };
    await expect(interleave("b", [side], 1)).rejects.toThrow("b: x gave no number");
  });
});

describe("medianInterval", () => {
  const cases = [
    { count: 5, expected: undefined },
    { count: 6, expected: { low: 1, high: 6 } },
    { count: 8, expected: { low: 1, high: 8 } },
    { count: 9, expected: { low: 2, high: 8 } },
    { count: 15, expected: { low: 4, high: 12 } },
    { count: 25, expected: { low: 8, high: 18 } },
  ];
  for (const { count, expected } of cases) {
    it(`is the one of the sign test for ${count} figures`, () => {
      expect(medianInterval(Array.from({ length: count }, (_, index) => index + 1))).toEqual(expected);
    });
  }
});

describe("quantile", () => {
  const cases = [
    { sorted: [5], fraction: 0.99, expected: 5 },
    { sorted: [1, 3], fraction: 0.5, expected: 2 },
    { sorted: [1, 2, 3], fraction: 1, expected: 3 },
    { sorted: [], fraction: 0.5, expected: Number.NaN },
  ];
  for (const { sorted, fraction, expected } of cases) {
    it(`finds ${String(expected)} at ${fraction} of [${sorted.join()}]`, () => {
      expect(quantile(sorted, fraction)).toBe(expected);
    });
  }
});
