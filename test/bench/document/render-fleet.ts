import { ALL_FAULTS } from "../fleet/faults/all.ts";
import type { Fault } from "../fleet/faults/fault.ts";
import type { OutcomeName } from "../fleet/outcome.ts";
import type { Comparison, Row } from "../run/bench.ts";
import { replaceBetween } from "./replace-between.ts";

/** The document that shows the figures of bench `fleet`, from the root of the repository. */
export const FLEET_DOCUMENT_PATH = "docs/fleet.md";
/** The figures of the run that it shows. */
export const FLEET_FIGURES_PATH = "docs/images/fleet.json";

/** What docs/images/fleet.json holds: the figures of one run. */
export interface FleetFigures {
  /** What they were taken on, in words. */
  readonly machine: string;
  /** What a reader must know beside that. Empty: nothing. */
  readonly note: string;
  readonly rows: readonly Row[];
}

/** What is shown of each fault. */
const COLUMNS = {
  calls: "Calls",
  failed: "failed",
  "longest-gap": "Longest time without an answer, in ms",
  interruptions: "Interruptions of a stream, at the most",
  lost: "Events lost",
  doubled: "doubled",
  "sessions-lost": "Sessions lost",
  outlived: "Served in spite of a revocation",
} as const satisfies Partial<Record<OutcomeName, string>>;

/**
 * Put the figures of a run into the document, between its two comments.
 *
 * @throws TypeError when they are not there
 */
export function renderFleet(markdown: string, figures: FleetFigures): string {
  const head = ["What happens", ...Object.values(COLUMNS)];
  const shown = ALL_FAULTS.filter(({ name }) => worstOf(figures, name, "calls") !== undefined);
  const lines = [
    `On ${figures.machine}:`,
    ...(figures.note === "" ? [] : ["", figures.note]),
    "",
    toTableLine(head),
    `|${"---|".repeat(head.length)}`,
    ...shown.map((fault) => toTableLine([describe(fault), ...cellsOf(figures, fault)])),
    "",
    "What is counted of one fault alone:",
    "",
    toTableLine(["Figure", "", "Wanted"]),
    "|---|---|---|",
    ...shown.flatMap(({ comparisons = [] }) => ownFigures(figures, comparisons)),
  ];
  return replaceBetween(markdown, lines.join("\n"));
}

function describe({ name, describe: text }: Fault): string {
  return `\`${name}\`: ${text}`;
}

function cellsOf(figures: FleetFigures, { name }: Fault): readonly string[] {
  return Object.keys(COLUMNS).map((outcome) => {
    return worstOf(figures, name, outcome)?.toLocaleString("en-US") ?? "";
  });
}

/** A line for each figure, with all that is wanted of it. */
function ownFigures({ rows }: FleetFigures, comparisons: readonly Comparison[]): readonly string[] {
  const bySide = Map.groupBy(comparisons, ({ ours }) => ours);
  return [...bySide].flatMap(([side, all]) => {
    const row = rows.find((known) => known.side === side);
    const wanted = all.map(
      ({ better, target = 0 }) => `${better === "higher" ? "≥" : "≤"} ${target.toLocaleString("en-US")}`,
    );
    return row === undefined
      ? []
      : [toTableLine([`\`${side}\``, `${row.max.toLocaleString("en-US")} ${row.unit}`, wanted.join(", ")])];
  });
}

/** The worst of all rounds. */
function worstOf({ rows }: FleetFigures, fault: string, outcome: string): number | undefined {
  return rows.find(({ side }) => side === `${fault}-${outcome}`)?.max;
}

function toTableLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
