import { FIGURE_GROUPS, type StreamFigures, withoutLacking } from "./figures.ts";
import { renderPlot } from "./render-plot.ts";
import { replaceSection } from "./render-section.ts";

/** The document that shows the figures, from the root of the repository. */
export const DOCUMENT_PATH = "docs/performance.md";
/** The figures of the run that it shows. */
export const FIGURES_PATH = "docs/images/streams.json";

/**
 * Write all that is made of the figures of a run.
 *
 * @param markdown the document as it is
 * @returns texts by their paths from the root of the repository
 */
export function renderFiles(markdown: string, figures: StreamFigures): Readonly<Record<string, string>> {
  const plots = FIGURE_GROUPS.map((group) => withoutLacking(group, figures)).flatMap((group) => [
    [`docs/images/${group.name}.svg`, renderPlot(group, figures, "light")] as const,
    [`docs/images/${group.name}-dark.svg`, renderPlot(group, figures, "dark")] as const,
  ]);
  return { [DOCUMENT_PATH]: replaceSection(markdown, figures), ...Object.fromEntries(plots) };
}
