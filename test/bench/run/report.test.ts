import { describe, expect, it } from "vitest";
import type { Bench, Comparison, Row } from "./bench.ts";
import { formatBench, formatLosses, judge } from "./report.ts";

function createBench(...comparisons: readonly Comparison[]): Bench {
  return { name: "b", describe: ["what it is"], comparisons, run: async () => [] };
}

function createRow(side: string, median: number): Row {
  return { bench: "b", side, unit: "req/s", median, min: median, max: median, rounds: 5 };
}

const rows = [createRow("ours", 1500), createRow("theirs", 1000)];

describe("judge", () => {
  const cases: readonly { readonly claim: Comparison; readonly outcome: string; readonly isLost: boolean }[] =
    [
      {
        claim: { ours: "ours", theirs: "theirs", better: "higher" },
        outcome: "higher is better: we win",
        isLost: false,
      },
      {
        claim: { ours: "ours", theirs: "theirs", better: "lower" },
        outcome: "lower is better: we LOSE",
        isLost: true,
      },
      {
        claim: { ours: "ours", theirs: "theirs", better: "higher", target: 1.5 },
        outcome: "target ≥ 1.5: met",
        isLost: false,
      },
      {
        claim: { ours: "ours", theirs: "theirs", better: "higher", target: 2 },
        outcome: "target ≥ 2: MISSED",
        isLost: true,
      },
      {
        claim: { ours: "ours", better: "lower", target: 1499 },
        outcome: "target ≤ 1499: MISSED",
        isLost: true,
      },
    ];
  for (const { claim, outcome, isLost } of cases) {
    it(`says "${outcome}"`, () => {
      expect(judge(createBench(claim), rows)).toEqual([expect.objectContaining({ outcome, isLost })]);
    });
  }

  const ratio = { ...createRow("ratio", 1.05), unit: "×" };
  it.each([
    { interval: { low: 1.02, high: 1.09 }, outcome: "target ≤ 1.03: met", text: " (95 %: 1.02 to 1.09)" },
    { interval: { low: 1.04, high: 1.09 }, outcome: "target ≤ 1.03: MISSED", text: " (95 %: 1.04 to 1.09)" },
    { interval: undefined, outcome: "target ≤ 1.03: MISSED", text: "" },
  ])(
    "holds a figure of which it is known what it lies between: $outcome$text",
    ({ interval, outcome, text }) => {
      const row = interval === undefined ? ratio : { ...ratio, interval };
      expect(judge(createBench({ ours: "ratio", better: "lower", target: 1.03 }), [row])).toEqual([
        expect.objectContaining({ claim: `ratio: 1.05 ×${text}`, outcome }),
      ]);
    },
  );

  it("says nothing about a side that did not run", () => {
    expect(judge(createBench({ ours: "ours", theirs: "absent", better: "higher" }), rows)).toEqual([]);
  });
});

describe("the report", () => {
  const bench = createBench({ ours: "ours", theirs: "theirs", better: "lower" });

  it("shows the figures in columns, and the claims below", () => {
    expect(formatBench(bench, rows).split("\n").slice(3)).toEqual([
      "  side    median    min    max",
      "  ours     1,500  1,500  1,500  req/s",
      "  theirs   1,000  1,000  1,000  req/s",
      "",
      "  ours / theirs: 1.50  lower is better: we LOSE",
    ]);
  });

  it("lists every loss, and says so when there is none", () => {
    expect(formatLosses([{ bench: "b", all: judge(bench, rows) }])).toContain("ours / theirs: 1.50");
    expect(formatLosses([{ bench: "b", all: [] }])).toBe("where we lose: nowhere in this run");
  });
});
