import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { ALL_BENCHES } from "../benches/all.ts";
import { GO_SIDE } from "../go/go-server.ts";
import type { Row } from "../run/bench.ts";
import { FIGURE_GROUPS, type Figures, SHOWN_BENCHES, UNARY_SIDES, withoutLacking } from "./figures.ts";
import { fillIn, piecesOf } from "./fill-in.ts";
import { DOCUMENT_PATH, DOCUMENT_PATHS, FIGURES_PATH, renderFiles } from "./render-files.ts";
import { FLEET_DOCUMENT_PATH, FLEET_FIGURES_PATH, renderFleet } from "./render-fleet.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const documents = Object.fromEntries(DOCUMENT_PATHS.map((path) => [path, read(path)]));
const figures: Figures = JSON.parse(read(FIGURES_PATH));
const files = renderFiles(documents, figures);

describe("the figures of the README, docs/performance.md and docs/alternatives.md", () => {
  it.each(notEmpty(Object.entries(files)))(
    "are what bench:docs makes of the run that is kept: %s",
    (path, text) => {
      expect(read(path)).toBe(text);
    },
  );

  it("are of benches that there are", () => {
    const names = ALL_BENCHES.map(({ name }) => name);
    expect(SHOWN_BENCHES.filter((name) => !names.includes(name))).toEqual([]);
  });

  it("are bold where we lose, and nowhere else", () => {
    const isOurs = ({ bench, side }: Row): boolean => side === "countersign" && bench !== "unary";
    const rows = figures.rows.map((row) => ({ ...row, median: isOurs(row) ? 2 : 4 }));
    const lost = rows.map((row) =>
      row.bench === "stream-in" && row.side === "connect-no-auth" ? { ...row, median: 1 } : row,
    );
    const bold = (changed: Figures["rows"]) =>
      renderFiles(documents, { ...figures, rows: changed })[DOCUMENT_PATH]?.match(/\*\*\d[\d.]*\*\* \|/g);
    expect(bold(rows) ?? []).toEqual([]);
    expect(bold(lost)).toEqual(["**2.00** |"]);
  });

  it("are refused when the run lacks a side", () => {
    const rows = figures.rows.filter(({ side }) => side !== "grpcjs-jsonwebtoken");
    expect(() => renderFiles(documents, { ...figures, rows })).toThrow(
      "the run has no figures of grpcjs-jsonwebtoken in bench stream-out",
    );
  });

  it("have grpc-go and unary calls among them where the run has, and bold where we lose", () => {
    const without = figures.rows.filter(({ bench, side }) => bench !== "unary" && !side.startsWith(GO_SIDE));
    const ofGo = without
      .filter(({ bench, side }) => bench.startsWith("stream-") && side.startsWith("countersign"))
      .map((row) => ({ ...row, side: row.side.replace("countersign", GO_SIDE), median: row.median / 4 }));
    const ofCalls = [...UNARY_SIDES, GO_SIDE].flatMap((side) => [
      { bench: "unary", side, unit: "req/s", median: 28_629, min: 1, max: 1, rounds: 5 },
      { bench: "unary", side: `${side}-cpu`, unit: "µs/call", median: 35, min: 1, max: 1, rounds: 5 },
    ]);
    const shown = renderFiles(documents, { ...figures, rows: [...without, ...ofGo, ...ofCalls] });
    const lines = (shown[DOCUMENT_PATH] ?? "").split("\n").filter((line) => line.startsWith("| `"));
    expect(lines.filter((line) => line.endsWith(" **4.00** |"))).toHaveLength(4);
    const calls = Array.from({ length: 4 }, () => "35.0 (28,629)");
    expect(lines).toContain(
      `| \`unary\`: unary calls, 128 under way | ${[...calls, "1.00", "1.00", "1.00"].join(" | ")} |`,
    );
  });

  it("are drawn as bars whose lengths are the figures, in both themes", () => {
    const [group] = FIGURE_GROUPS;
    const widths = [
      ...(files[`docs/images/${group?.name}.svg`] ?? "").matchAll(/width="([\d.]+)" height="16"/g),
    ];
    const bars = group === undefined ? 0 : withoutLacking(group, figures).sides.length;
    const values = figures.rows.filter(
      ({ bench, side }) => bench === "stream-out" && !side.endsWith("-rate"),
    );
    const [first] = values;
    const ratios = widths.slice(0, bars).map(([, width]) => Number(width) / Number(widths[0]?.[1]));
    expect(ratios).toHaveLength(values.length);
    for (const [index, { median }] of values.entries()) {
      expect(ratios[index]).toBeCloseTo(median / (first?.median ?? 0), 1);
    }
  });
});

describe("a piece of a document", () => {
  const inDocument = piecesOf("a.md");
  const piece = inDocument`at ${() => "5.1"} times the rate, and ${() => "1,200"} bytes`;

  it("gets the figures of the run, wherever its lines break", () => {
    const markdown = "Served at 4.6\ntimes the\n  rate, and 99 bytes. At 4.6.";
    expect(fillIn(markdown, piece, figures)).toBe(
      "Served at 5.1\ntimes the\n  rate, and 1,200 bytes. At 4.6.",
    );
  });

  it("is refused when the document lacks it, or has it twice", () => {
    const text = "at 4.6 times the rate, and 99 bytes";
    expect(() => fillIn("at most", piece, figures)).toThrow(
      "a.md has 0 pieces like: at … times the rate, and … bytes",
    );
    expect(() => fillIn(`${text} ${text}`, piece, figures)).toThrow("a.md has 2 pieces");
  });
});

describe("the figures of a fleet in docs/fleet.md", () => {
  it("are what bench:docs makes of the run that is kept", () => {
    const text = read(FLEET_DOCUMENT_PATH);
    expect(renderFleet(text, JSON.parse(read(FLEET_FIGURES_PATH)))).toBe(text);
  });

  it("are refused where the document has no place for them", () => {
    expect(() => renderFleet("# A fleet", { machine: "", note: "", rows: [] })).toThrow("has no place");
  });
});
