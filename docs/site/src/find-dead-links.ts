import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** List the links of a built site that lead to no page, or to no heading of theirs. @param base the path that it is served under */
export function findDeadLinks(folder: string, base: string): readonly string[] {
  const files = globSync("**/*.html", { cwd: folder });
  const pages = new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
  return [...pages].flatMap(([file, html]) =>
    linksOf(html)
      .filter((target) => !leadsSomewhere({ file, target, base, pages }))
      .map((target) => `${file}: ${target}`),
  );
}

interface Link {
  readonly file: string;
  readonly target: string;
  readonly base: string;
  readonly pages: ReadonlyMap<string, string>;
}

function linksOf(html: string): readonly string[] {
  const body = html.slice(html.indexOf("<main"));
  const found = [...body.matchAll(/<a [^>]*?href="([^"]+)"/g)].map(([, target = ""]) =>
    target.replaceAll("&amp;", "&"),
  );
  return [...new Set(found)].filter((target) => !/^[a-z]+:/.test(target));
}

function leadsSomewhere({ file, target, base, pages }: Link): boolean {
  const { pathname, hash } = new URL(target, `http://site${base}${file}`);
  const path = posix.relative(base, decodeURI(pathname));
  const html = pages.get(pathname.endsWith("/") ? posix.join(path, "index.html") : path);
  return html !== undefined && (hash === "" || html.includes(` id="${decodeURIComponent(hash.slice(1))}"`));
}
