import type { Bench, Comparison, Row } from "./bench.ts";

/** Write the rows of one bench, and what they say about its claims, as text. */
export function formatBench(bench: Bench, rows: readonly Row[]): string {
  const head = `${bench.name}\n${bench.describe.map((line) => `  ${line}`).join("\n")}`;
  const table = bench.format?.(rows) ?? formatRows(rows);
  const verdicts = judge(bench, rows).map(({ claim, outcome }) => [claim, outcome]);
  return [head, table, ...(verdicts.length === 0 ? [] : [align(verdicts)])].join("\n\n");
}

function formatRows(rows: readonly Row[]): string {
  const figures = rows.map((row) => [
    row.side,
    toText(row.median),
    toText(row.min),
    toText(row.max),
    row.unit,
  ]);
  return align([["side", "median", "min", "max", ""], ...figures]);
}

/** What the figures say about one claim. */
export interface Judgement {
  /** The claim with its figure. */
  readonly claim: string;
  /** Whether it holds. */
  readonly outcome: string;
  readonly isLost: boolean;
}

/** Hold the claims of a bench against the medians of its rows; claims about sides that did not run are left out. */
export function judge({ comparisons }: Bench, rows: readonly Row[]): readonly Judgement[] {
  const bySide = new Map(rows.map((row) => [row.side, row]));
  return comparisons.flatMap((comparison) => {
    const ours = bySide.get(comparison.ours);
    const theirs = comparison.theirs === undefined ? undefined : bySide.get(comparison.theirs);
    if (ours === undefined || (comparison.theirs !== undefined && theirs === undefined)) {
      return [];
    }
    return [judgeOne(comparison, ours, theirs)];
  });
}

function judgeOne({ better, target }: Comparison, ours: Row, theirs: Row | undefined): Judgement {
  const figure = theirs === undefined ? ours.median : ours.median / theirs.median;
  const claim =
    theirs === undefined
      ? `${ours.side}: ${toText(figure)} ${ours.unit}${toIntervalText(ours)}`
      : `${ours.side} / ${theirs.side}: ${figure.toFixed(figure < 0.1 ? 4 : 2)}`;
  const bound = target ?? 1;
  // What is not sure to be missed is held.
  const best =
    (theirs === undefined ? ours.interval?.[better === "higher" ? "high" : "low"] : undefined) ?? figure;
  const holds = better === "higher" ? best >= bound : best <= bound;
  const sign = better === "higher" ? "≥" : "≤";
  if (target !== undefined) {
    return { claim, outcome: `target ${sign} ${target}: ${holds ? "met" : "MISSED"}`, isLost: !holds };
  }
  return { claim, outcome: `${better} is better: ${holds ? "we win" : "we LOSE"}`, isLost: !holds };
}

function toIntervalText({ interval }: Row): string {
  return interval === undefined ? "" : ` (95 %: ${toText(interval.low)} to ${toText(interval.high)})`;
}

/** List everything that did not turn out our way. */
export function formatLosses(
  judged: readonly { readonly bench: string; readonly all: readonly Judgement[] }[],
): string {
  const lost = judged.flatMap(({ bench, all }) =>
    all.filter(({ isLost }) => isLost).map(({ claim, outcome }) => [bench, claim, outcome]),
  );
  return lost.length === 0 ? "where we lose: nowhere in this run" : `where we lose\n\n${align(lost)}`;
}

function align(lines: readonly (readonly string[])[]): string {
  const columns = lines[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) => `  ${line.map((cell, column) => pad(cell, widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}

/** Figures stand to the right, words to the left. */
function pad(cell: string, width: number): string {
  return /^(?:[\d.,]+|median|min|max)$/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
}

function toText(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
