import type { Figures } from "./figures.ts";

/** Finds a figure of a run, as it is written. */
export type Finding = (figures: Figures) => string;

/** A piece of a document that has figures in it, which are written anew from every run. */
export interface Piece {
  /** The document, from the root of the repository. */
  readonly document: string;
  /** What stands before, between and behind the figures. White space stands for any. */
  readonly texts: readonly string[];
  readonly findings: readonly Finding[];
}

/** Write pieces of a document as templates: what stands in `${}` is a figure. */
export function piecesOf(document: string) {
  return (texts: TemplateStringsArray, ...findings: readonly Finding[]): Piece => ({
    document,
    texts,
    findings,
  });
}

/**
 * Write the figures of a run into a piece of a document.
 *
 * @throws TypeError when the document has no such piece, or more than one
 */
export function fillIn(markdown: string, { document, texts, findings }: Piece, figures: Figures): string {
  const pattern = new RegExp(texts.map((text) => `(${toPattern(text)})`).join("[\\d.,]+"), "g");
  const matches = [...markdown.matchAll(pattern)];
  const [match] = matches;
  if (match === undefined || matches.length > 1) {
    throw new TypeError(`${document} has ${matches.length} pieces like: ${texts.join("…")}`);
  }
  const [found, ...parts] = match;
  const written = parts.map((part, index) => part + (findings[index]?.(figures) ?? "")).join("");
  return markdown.slice(0, match.index) + written + markdown.slice(match.index + found.length);
}

function toPattern(text: string): string {
  const words = text.split(/\s+/).map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return words.join("\\s+");
}
