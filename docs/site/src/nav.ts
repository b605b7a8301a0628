import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../../..", import.meta.url));

/** A document of the repository that is a page of the site. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  /** From the root of the site, as Markdown. */
  readonly target: string;
  readonly title: string;
  /** One sentence, without its point. */
  readonly about: string;
  readonly markdown: string;
}

/** Pages under one title. */
export interface Section {
  readonly title: string;
  readonly pages: readonly Page[];
}

interface Entry {
  readonly path: string;
  readonly about: string;
  /** Absent: the first heading of the document. */
  readonly title?: string;
}

/**
 * Read docs/nav.json: the pages of the site, of llms.txt and of llms-full.txt, in the order of the README.
 *
 * @throws Error when a document is missing, or has no heading
 */
export function readNav(): readonly Section[] {
  const nav: readonly { readonly title: string; readonly pages: readonly Entry[] }[] = JSON.parse(
    readFileSync(join(ROOT, "docs/nav.json"), "utf8"),
  );
  return nav.map(({ title, pages }) => ({ title, pages: pages.map(readPage) }));
}

function readPage({ path, about, title }: Entry): Page {
  const markdown = readFileSync(join(ROOT, path), "utf8");
  return { path, about, markdown, target: toTarget(path), title: title ?? headingOf(path, markdown) };
}

function toTarget(path: string): string {
  if (path === "README.md") {
    return "index.md";
  }
  return path.toLowerCase().replace("docs/", "").replace("/readme.md", ".md");
}

function headingOf(path: string, markdown: string): string {
  const [, heading] = /^# (.+)$/m.exec(markdown) ?? [];
  if (heading === undefined) {
    throw new Error(`${path} has no heading`);
  }
  return heading;
}
