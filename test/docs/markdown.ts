import { toAnchor } from "../../docs/site/src/to-anchor.ts";

/** A fenced block of a Markdown document. */
export interface Fence {
  /** The document, from the root of the repository. */
  readonly document: string;
  /** Where its first line stands in the document, counted from 1. */
  readonly line: number;
  /** The first word behind the fence. */
  readonly language: string;
  /** The other words: `name=value`, or a name alone with an empty value. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Name the place of a block as editors do. */
export function placeOf({ document, line }: Fence): string {
  return `${document}:${line}`;
}

/** A link or a picture of a document. */
export interface Link {
  readonly document: string;
  readonly line: number;
  readonly target: string;
}

/**
 * Read the fenced blocks of a document.
 *
 * @throws Error when a fence is indented, has no language or is not closed: it would go untested
 */
export function parseFences(document: string, markdown: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const fence = /^(\s*)```(.*)$/.exec(line);
    if (fence === null) {
      open?.lines.push(line);
    } else if (open === undefined) {
      open = { info: infoOf(fence, `${document}:${index + 1}`), line: index + 2, lines: [] };
    } else {
      fences.push({ document, line: open.line, ...parseInfo(open.info), text: open.lines.join("\n") });
      open = undefined;
    }
  }
  if (open !== undefined) {
    throw new Error(`${document}:${open.line - 1} opens a fence that is not closed`);
  }
  return fences;
}

function infoOf([, indent = "", info = ""]: RegExpExecArray, place: string): string {
  if (indent !== "") {
    throw new Error(`${place} has an indented fence, which would go untested`);
  }
  if (info.trim() === "") {
    throw new Error(`${place} has a fence without a language`);
  }
  return info.trim();
}

function parseInfo(info: string): Pick<Fence, "language" | "attributes"> {
  const [language = "", ...words] = info.split(/\s+/);
  const attributes = words.map((word) => {
    const [name = "", value = ""] = word.split("=", 2);
    return [name, value] as const;
  });
  return { language, attributes: Object.fromEntries(attributes) };
}

/** Read the targets of all links and pictures outside of fences. */
export function parseLinks(document: string, markdown: string): readonly Link[] {
  return withoutFences(markdown).flatMap((line, index) =>
    [...line.matchAll(/\]\(([^)\s]+)\)|(?:srcset|src|href)="([^"]+)"/g)].map(([, inText, inTag]) => ({
      document,
      line: index + 1,
      target: inText ?? inTag ?? "",
    })),
  );
}

/** Read the anchors that the headings of a document make, as GitHub names them. */
export function parseAnchors(markdown: string): ReadonlySet<string> {
  const headings = withoutFences(markdown).flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? []);
  return new Set(headings.map(toAnchor));
}

/** Read the rows of the first table behind a heading, without its header. Cells lose their backticks. */
export function parseTable(markdown: string, heading: string): readonly (readonly string[])[] {
  const { lines, first, end } = findRows(markdown, heading);
  return lines.slice(first, end).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, "$1")),
  );
}

/** Put other rows into the first table behind a heading. */
export function replaceRows(markdown: string, heading: string, rows: readonly string[]): string {
  const { first, end } = findRows(markdown, heading);
  const lines = markdown.split("\n");
  return [...lines.slice(0, first), ...rows, ...lines.slice(end)].join("\n");
}

function findRows(markdown: string, heading: string) {
  const lines = withoutFences(markdown);
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === heading);
  if (start === -1) {
    throw new Error(`there is no heading ${heading}`);
  }
  const first = lines.findIndex((line, index) => index > start && line.startsWith("|---")) + 1;
  const end = lines.findIndex((line, index) => index >= first && !line.startsWith("|"));
  return { lines, first, end };
}

/** Blank the lines inside fences, so that line numbers stay. */
function withoutFences(markdown: string): readonly string[] {
  let inside = false;
  return markdown.split("\n").map((line) => {
    const isFence = line.startsWith("```");
    if (isFence) {
      inside = !inside;
    }
    return isFence || inside ? "" : line;
  });
}
