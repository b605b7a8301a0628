import { type FigureGroup, type Figures, figureOf, toFigure } from "./figures.ts";

/** The colours of a plot. */
export type PlotTheme = keyof typeof THEMES;

const THEMES = {
  light: { paper: "#ffffff", ink: "#1f2328", quiet: "#59636e", ours: "#0969da", others: "#afb8c1" },
  dark: { paper: "#0d1117", ink: "#f0f6fc", quiet: "#9198a1", ours: "#4493f8", others: "#59636e" },
} as const;

// All in pixels.
const WIDTH = 900;
const COLUMNS = 2;
const MARGIN = 20;
const HEAD = 44;
const PANEL_HEAD = 44;
const LINE = 24;
const BAR = 16;
const GAP = 18;
const LABEL = 160;
const VALUE = 76;
const COLUMN = (WIDTH - MARGIN) / COLUMNS;
const FONT = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";

/** Draw the figures of a group as bars: a panel for each bench, each with a scale of its own that begins at zero. */
export function renderPlot(group: FigureGroup, figures: Figures, theme: PlotTheme): string {
  const { paper, ink, quiet } = THEMES[theme];
  const benches = Object.keys(group.benches);
  const panelHeight = PANEL_HEAD + group.sides.length * LINE + GAP;
  const height = HEAD + Math.ceil(benches.length / COLUMNS) * panelHeight;
  const panels = benches.map((bench, index) => {
    const x = MARGIN + (index % COLUMNS) * COLUMN;
    const y = HEAD + Math.floor(index / COLUMNS) * panelHeight;
    return `<g transform="translate(${x} ${y})">\n${renderPanel({ group, bench, figures, theme })}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="${FONT}" font-size="13">`,
    `<title>${group.title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="${paper}"/>`,
    `<text x="${MARGIN}" y="28" font-size="16" font-weight="600" fill="${ink}">${group.title}</text>`,
    `<text x="${WIDTH - MARGIN}" y="28" text-anchor="end" fill="${quiet}">µs of processor time, less is better</text>`,
    ...panels,
    "</svg>",
    "",
  ].join("\n");
}

interface Panel {
  readonly group: FigureGroup;
  readonly bench: string;
  readonly figures: Figures;
  readonly theme: PlotTheme;
}

function renderPanel({ group, bench, figures, theme }: Panel): string {
  const { ink, quiet, ours, others } = THEMES[theme];
  const values = group.sides.map((side) => figureOf(figures, bench, side).micros);
  const scale = (COLUMN - LABEL - VALUE) / Math.max(...values);
  const bars = group.sides.map((side, index) => {
    const value = values[index] ?? 0;
    const y = PANEL_HEAD + index * LINE;
    const end = LABEL + value * scale;
    const weight = index === 0 ? ' font-weight="600"' : "";
    return [
      `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end" fill="${ink}"${weight}>${side}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${(value * scale).toFixed(1)}" height="${BAR}" rx="2" fill="${index === 0 ? ours : others}"/>`,
      `<text x="${(end + 6).toFixed(1)}" y="${y + 13}" fill="${ink}"${weight}>${toFigure(value)}</text>`,
    ].join("\n");
  });
  return [
    `<text y="14" font-weight="600" fill="${ink}">${bench}</text>`,
    `<text y="32" fill="${quiet}">${group.benches[bench] ?? ""}</text>`,
    ...bars,
  ].join("\n");
}
