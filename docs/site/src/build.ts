import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { listEntries } from "./entries.ts";
import { findDeadLinks } from "./find-dead-links.ts";
import { ROOT, readNav, type Section } from "./nav.ts";
import { listProtos, PROTOS_TARGET, protoTargets, toProtosPage } from "./protos.ts";
import { type Site, toSidebar } from "./site.ts";
import { toLlms, toLlmsFull } from "./to-llms.ts";
import { toFrontmatter, toSiteMarkdown } from "./to-site-markdown.ts";
import { sortVersions, toNewestPage, toVersion, toVersionsPage } from "./versions.ts";

// Writes the site of this version into dist/docs, beside those of other versions that are there already.
// The one argument is the path that dist/docs is served under, with a slash at both ends.

const SITE = join(ROOT, "docs/site");
const PAGES = join(SITE, "dist/pages");
const ALL_VERSIONS = join(ROOT, "dist/docs");

function build(basePath: string): void {
  const { version: release } = readJson("gen/package.json");
  const version = toVersion(release);
  const outDir = join(ALL_VERSIONS, version);
  const nav = readNav();
  rmSync(PAGES, { recursive: true, force: true });
  const texts = toTexts(nav, listProtos());
  writePages(nav, texts);
  runTool("typedoc", "bin/typedoc", ["--logLevel", "Warn"]);
  const site: Site = {
    release,
    base: `${basePath}${version}/`,
    outDir,
    sidebar: toSidebar(nav, listEntries()),
  };
  write(join(SITE, "dist/site.json"), JSON.stringify(site));
  runTool("vitepress", "bin/vitepress.js", ["build"]);
  writeForMachines(outDir, nav, texts);
  writeVersions(sortVersions(readdirSync(ALL_VERSIONS)), basePath);
  const dead = findDeadLinks(outDir, site.base);
  if (dead.length > 0) {
    throw new Error(`links that lead nowhere:\n${dead.join("\n")}`);
  }
}

/** Make the Markdown of every page, by its target. */
function toTexts(nav: readonly Section[], protos: readonly string[]): ReadonlyMap<string, string> {
  const pages = nav.flatMap((section) => section.pages);
  const { homepage } = readJson("package.json");
  const links = {
    targets: new Map([...pages.map(({ path, target }) => [path, target] as const), ...protoTargets(protos)]),
    ...(homepage === undefined ? {} : { sources: `${homepage}/blob/main` }),
  };
  return new Map([
    ...pages.map(({ path, target, markdown }) => [target, toSiteMarkdown(path, markdown, links)] as const),
    [PROTOS_TARGET, toProtosPage(protos)] as const,
  ]);
}

function writePages(nav: readonly Section[], texts: ReadonlyMap<string, string>): void {
  const pages = new Map(nav.flatMap((section) => section.pages.map((page) => [page.target, page])));
  for (const [target, text] of texts) {
    write(join(PAGES, target), toFrontmatter(pages.get(target)) + text);
  }
  cpSync(join(ROOT, "docs/images"), join(PAGES, "images"), { recursive: true });
}

/** Put the Markdown of each page beside it, with an index for language models and one text of everything. */
function writeForMachines(outDir: string, nav: readonly Section[], texts: ReadonlyMap<string, string>): void {
  for (const [target, text] of texts) {
    write(join(outDir, target), text);
  }
  write(
    join(outDir, "llms.txt"),
    toLlms(nav, ({ target }) => target),
  );
  write(join(outDir, "llms-full.txt"), toLlmsFull(texts));
}

function writeVersions(versions: readonly string[], basePath: string): void {
  write(join(ALL_VERSIONS, "versions.html"), toVersionsPage(versions));
  write(join(ALL_VERSIONS, "index.html"), toNewestPage(`${basePath}${versions[0] ?? ""}/`));
}

/** What a manifest says of itself, as far as it is asked here. */
interface Manifest {
  readonly version: string;
  /** Where people read the repository. Absent: nowhere yet. */
  readonly homepage?: string;
}

function readJson(path: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function runTool(name: string, file: string, args: readonly string[]): void {
  const program = join(SITE, "node_modules", name, file);
  const { status } = spawnSync(process.execPath, [program, ...args], { cwd: SITE, stdio: "inherit" });
  if (status !== 0) {
    throw new Error(`${name} failed`);
  }
}

build(process.argv[2] ?? "/");
