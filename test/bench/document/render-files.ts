import { FIGURE_GROUPS, type Figures, withoutLacking } from "./figures.ts";
import { fillIn } from "./fill-in.ts";
import { PIECES } from "./pieces.ts";
import { renderPlot } from "./render-plot.ts";
import { replaceSection } from "./render-section.ts";

/** The document that has the tables and plots of a run, from the root of the repository. */
export const DOCUMENT_PATH = "docs/performance.md";
/** The figures of the run that all documents show. */
export const FIGURES_PATH = "docs/figures.json";

/** All documents that show figures of it. */
export const DOCUMENT_PATHS: readonly string[] = [
  ...new Set([DOCUMENT_PATH, ...PIECES.map(({ document }) => document)]),
];

/** Texts by their paths from the root of the repository. */
export type Texts = Readonly<Record<string, string>>;

/**
 * Write all that is made of the figures of a run.
 *
 * @param documents the documents as they are
 */
export function renderFiles(documents: Texts, figures: Figures): Texts {
  const plots = FIGURE_GROUPS.map((group) => withoutLacking(group, figures)).flatMap((group) => [
    [`docs/images/${group.name}.svg`, renderPlot(group, figures, "light")] as const,
    [`docs/images/${group.name}-dark.svg`, renderPlot(group, figures, "dark")] as const,
  ]);
  const texts = DOCUMENT_PATHS.map(
    (path) => [path, renderDocument(path, documents[path] ?? "", figures)] as const,
  );
  return Object.fromEntries([...texts, ...plots]);
}

function renderDocument(path: string, markdown: string, figures: Figures): string {
  const whole = path === DOCUMENT_PATH ? replaceSection(markdown, figures) : markdown;
  return PIECES.filter(({ document }) => document === path).reduce(
    (text, piece) => fillIn(text, piece, figures),
    whole,
  );
}
