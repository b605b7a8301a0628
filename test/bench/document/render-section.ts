import {
  FIGURE_GROUPS,
  type FigureGroup,
  figureOf,
  type StreamFigures,
  toFigure,
  withoutLacking,
} from "./figures.ts";
import { replaceBetween } from "./replace-between.ts";

/**
 * Put the figures of a run into a document, between its two comments.
 *
 * @throws TypeError when they are not there, or the run lacks figures
 */
export function replaceSection(markdown: string, figures: StreamFigures): string {
  return replaceBetween(markdown, renderSection(figures).trimEnd());
}

function renderSection(figures: StreamFigures): string {
  const rounds = Math.min(...figures.rows.map((row) => row.rounds));
  const lines = [
    `\`npm run bench\` with the benches that are named below and \`--rounds ${rounds}\`, on ${figures.machine}:`,
    "the median of the processor time in µs, and how many a second in brackets. **Bold**: we lose.",
    ...(figures.note === "" ? [] : ["", figures.note]),
  ];
  return `${lines.join("\n")}\n\n${FIGURE_GROUPS.map((group) => renderGroup(withoutLacking(group, figures), figures)).join("\n")}`;
}

function renderGroup(group: FigureGroup, figures: StreamFigures): string {
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
