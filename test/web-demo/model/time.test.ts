import { describe, expect, test } from "vitest";
import {
  formatAgo,
  formatCountdown,
  formatLength,
  formatTokenLife,
  remainingFraction,
} from "../../../web-demo/src/model/time.ts";

describe("formatCountdown", () => {
  const cases = [
    [-5, "0.0 s"],
    [0, "0.0 s"],
    [1_499, "1.4 s"],
    [9_999, "9.9 s"],
    [10_000, "10 s"],
    [59_999, "59 s"],
    [60_000, "1:00"],
    [545_000, "9:05"],
    [3_599_999, "59:59"],
    [3_849_000, "1:04:09"],
  ] as const;
  test.each(cases)("writes %d ms as %s", (ms, text) => {
    expect(formatCountdown(ms)).toBe(text);
  });
});

describe("formatLength", () => {
  const cases = [
    [2_000, "2 s"],
    [3_469, "3.5 s"],
    [12_400, "12 s"],
    [90_000, "90 s"],
    [600_000, "10 min"],
    [86_400_000, "24 h"],
  ] as const;
  test.each(cases)("writes %d ms as %s", (ms, text) => {
    expect(formatLength(ms)).toBe(text);
  });
});

describe("formatTokenLife", () => {
  const cases = [
    [4_200, "5 s"],
    [5_000, "5 s"],
    [599_300, "10 min"],
  ] as const;
  test.each(cases)("writes a life of %d ms up to the whole second: %s", (ms, text) => {
    expect(formatTokenLife(ms)).toBe(text);
  });
});

describe("formatAgo", () => {
  const cases = [
    [-60_000, "just now"],
    [44_999, "just now"],
    [45_000, "1 min ago"],
    [50 * 60_000, "50 min ago"],
    [3 * 3_600_000, "3 h ago"],
    [23.9 * 3_600_000, "24 h ago"],
  ] as const;
  test.each(cases)("writes a moment %d ms ago as %s", (ms, text) => {
    expect(formatAgo(1_000_000_000, 1_000_000_000 + ms)).toBe(text);
  });

  test("writes a moment more than a day ago as its date", () => {
    const then = new Date(2026, 2, 9, 12).getTime();
    expect(formatAgo(then, then + 2 * 86_400_000)).toBe("Mar 9, 2026");
  });
});

describe("remainingFraction", () => {
  const cases = [
    { nowMs: 1_000, left: 1 },
    { nowMs: 500, left: 1 },
    { nowMs: 1_500, left: 0.75 },
    { nowMs: 3_000, left: 0 },
    { nowMs: 9_000, left: 0 },
  ];
  test.each(cases)("says that $left is left at $nowMs", ({ nowMs, left }) => {
    expect(remainingFraction(1_000, 3_000, nowMs)).toBe(left);
  });

  test("says that nothing is left of an empty span", () => {
    expect(remainingFraction(5, 5, 5)).toBe(0);
  });
});
