import {
  FIGURE_GROUPS,
  type FigureGroup,
  type Figures,
  figureOf,
  medianOf,
  toFigure,
  UNARY_SIDES,
  withoutLacking,
} from "./figures.ts";
import { replaceBetween } from "./replace-between.ts";

/**
 * Put the figures of a run into a document, between its two comments.
 *
 * @throws TypeError when they are not there, or the run lacks figures
 */
export function replaceSection(markdown: string, figures: Figures): string {
  return replaceBetween(markdown, renderSection(figures).trimEnd());
}

function renderSection(figures: Figures): string {
  // A bench whose figure is always the same has one round.
  const rounds = Math.max(...figures.rows.map((row) => row.rounds));
  const lines = [
    `One run of \`npm run bench:docs\`, ${rounds} rounds in which all sides take turns, on ${figures.machine}. The figures of the`,
    "README and of [Why not something else](alternatives.md) are of the same run. **Bold**: we lose.",
    ...(figures.note === "" ? [] : ["", figures.note]),
    "",
    ...renderRates(figures),
    "",
    "In the tables that follow: the median of the processor time in µs, and how many a second in brackets.",
  ];
  return `${lines.join("\n")}\n\n${FIGURE_GROUPS.map((group) => renderGroup(withoutLacking(group, figures), figures)).join("\n")}`;
}

function renderRates(figures: Figures): readonly string[] {
  const [ours = "", ...others] = UNARY_SIDES;
  const rateOf = (side: string): number => medianOf(figures, "unary", side);
  const toRate = (side: string): string => Math.round(rateOf(side)).toLocaleString("en-US");
  return [
    "| Bench `unary` | Calls a second, median | `countersign` against it |",
    "|---|---|---|",
    toTableLine([`\`${ours}\``, toRate(ours), ""]),
    ...others.map((side) => {
      const times = rateOf(ours) / rateOf(side);
      return toTableLine([
        `\`${side}\``,
        toRate(side),
        times < 1 ? `**${times.toFixed(2)}**` : times.toFixed(2),
      ]);
    }),
  ];
}

function renderGroup(group: FigureGroup, figures: Figures): string {
  const [ours = "", ...others] = group.sides;
  const head = [
    "Bench",
    ...group.sides.map((side) => `\`${side}\``),
    ...others.map((side) => `against \`${side}\``),
  ];
  const rows = Object.entries(group.benches).map(([bench, what]) => {
    const cells = group.sides.map((side) => {
      const { micros, rate } = figureOf(figures, bench, side);
      return `${toFigure(micros)} (${Math.round(rate).toLocaleString("en-US")})`;
    });
    const ratios = others.map((side) => {
      const ratio = figureOf(figures, bench, ours).micros / figureOf(figures, bench, side).micros;
      return ratio > 1 ? `**${ratio.toFixed(2)}**` : ratio.toFixed(2);
    });
    return toTableLine([`\`${bench}\`: ${what}`, ...cells, ...ratios]);
  });
  const line = `|${"---|".repeat(head.length)}`;
  return [`### ${group.title}`, "", renderPicture(group), "", toTableLine(head), line, ...rows, ""].join(
    "\n",
  );
}

function renderPicture({ name, title }: FigureGroup): string {
  return [
    "<picture>",
    `  <source media="(prefers-color-scheme: dark)" srcset="images/${name}-dark.svg">`,
    `  <img src="images/${name}.svg" width="900" alt="${title}: bars of the figures in the table below">`,
    "</picture>",
  ].join("\n");
}

function toTableLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
