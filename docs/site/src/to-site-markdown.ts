import { posix } from "node:path";
import type { Page } from "./nav.ts";

/** What is known of the site when a document becomes one of its pages. */
export interface SiteLinks {
  /** The targets of pages by the paths of their documents. */
  readonly targets: ReadonlyMap<string, string>;
  /** Where people read the files of the repository, without a slash at the end. Absent: nowhere yet. */
  readonly sources?: string;
}

/** Where pictures are, in the repository and on the site. */
const IMAGES = { from: "docs/images/", to: "images/" };

/** Make the Markdown of a page of the site of a document: its links lead to other pages, or to the sources. */
export function toSiteMarkdown(path: string, markdown: string, links: SiteLinks): string {
  const parts = markdown.split(/^(```[^\n]*\n[\s\S]*?^```$)/m);
  return parts.map((part) => (part.startsWith("```") ? part : rewrite(path, part, links))).join("");
}

function rewrite(path: string, text: string, links: SiteLinks): string {
  return text
    .replace(/<picture>\s*<source [^>]*srcset="([^"]+)">\s*<img src="([^"]+)"([^>]*)>\s*<\/picture>/g, toPair)
    .replace(/\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g, (_, label: string, target: string) => {
      const href = toHref(path, target, links);
      return href === undefined ? label : `[${label}](${href})`;
    })
    .replace(/(src)="([^"]+)"/g, (_, name: string, target: string) => {
      return `${name}="${toHref(path, target, links) ?? target}"`;
    });
}

/** A picture for each theme: readers choose one on the site, whatever their system says. */
function toPair(_: string, dark: string, light: string, rest: string): string {
  return `<img class="on-dark" src="${dark}"${rest}>\n<img class="on-light" src="${light}"${rest}>`;
}

function toHref(path: string, target: string, { targets, sources }: SiteLinks): string | undefined {
  if (/^(?:https?:|#)/.test(target)) {
    return target;
  }
  const [file = "", anchor] = target.split("#", 2);
  const found = posix.join(posix.dirname(path), file);
  const place = found.startsWith(IMAGES.from) ? found.replace(IMAGES.from, IMAGES.to) : targets.get(found);
  if (place !== undefined) {
    const href = posix.relative(posix.dirname(targets.get(path) ?? ""), place);
    return (href.startsWith(".") ? href : `./${href}`) + (anchor === undefined ? "" : `#${anchor}`);
  }
  return sources === undefined ? undefined : `${sources}/${found}`;
}

/** Write what VitePress reads in front of a page. */
export function toFrontmatter(page: Pick<Page, "title" | "about"> | undefined): string {
  return page === undefined
    ? ""
    : `---\ntitle: ${JSON.stringify(page.title)}\ndescription: ${JSON.stringify(page.about)}\n---\n\n`;
}
