import type { Row } from "../run/bench.ts";
import { ALL_FAULTS } from "./faults/all.ts";
import { OUTCOMES } from "./outcome.ts";

/** Write what was counted as a table: a line for each fault, the worst of its rounds. */
export function formatOutcomes(rows: readonly Row[]): string {
  const names = Object.keys(OUTCOMES);
  const worstOf = (side: string): string | undefined =>
    rows.find((row) => row.side === side)?.max.toLocaleString("en-US");
  const lines = ALL_FAULTS.flatMap(({ name }) => {
    const cells = names.map((outcome) => worstOf(`${name}-${outcome}`) ?? "");
    return cells.some((cell) => cell !== "") ? [[name, ...cells]] : [];
  });
  const table = [["fault", ...names], ...lines];
  const widths = ["fault", ...names].map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  );
  return table
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}
