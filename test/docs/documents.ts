import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Fence, parseFences } from "./markdown.ts";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A document for readers of the repository. */
export interface Document {
  /** From the root of the repository. */
  readonly path: string;
  readonly markdown: string;
  readonly fences: readonly Fence[];
}

const EXAMPLES = "docs/examples";

/** Every document for readers: those at the root, the guides, and those of the examples. */
export const DOCUMENTS: readonly Document[] = [
  "README.md",
  "AGENTS.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `docs/${name}`),
  ...globSync(["README.md", "*/README.md"], { cwd: join(ROOT, EXAMPLES) })
    .sort()
    .map((name) => `${EXAMPLES}/${name}`),
].map((path) => {
  const markdown = readFileSync(join(ROOT, path), "utf8");
  return { path, markdown, fences: parseFences(path, markdown) };
});

/** Find a document by its path. */
export function documentOf(path: string): Document {
  const document = DOCUMENTS.find((known) => known.path === path);
  if (document === undefined) {
    throw new Error(`there is no ${path}`);
  }
  return document;
}
