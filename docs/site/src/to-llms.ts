import type { Page, Section } from "./nav.ts";

const HEAD = `# Countersign

> JWT authentication and access rules for gRPC, gRPC-Web and Connect servers in TypeScript, and an SDK for browsers and
> Node that keeps calls and streams authenticated.`;

/**
 * Write an index of the documents for language models (https://llmstxt.org).
 *
 * @param toHref where a page is, seen from the index
 */
export function toLlms(nav: readonly Section[], toHref: (page: Page) => string): string {
  const sections = nav.map(({ title, pages }) => {
    const lines = pages.map((page) => `- [${page.title}](${toHref(page)}): ${page.about}`);
    return `## ${title}\n\n${lines.join("\n")}`;
  });
  return `${[HEAD, ...sections].join("\n\n")}\n`;
}

/** Write all documents into one text, each behind a line that names it. @param texts Markdown by its file */
export function toLlmsFull(texts: ReadonlyMap<string, string>): string {
  return [...texts].map(([file, text]) => `<!-- ${file} -->\n\n${text.trim()}\n`).join("\n");
}
