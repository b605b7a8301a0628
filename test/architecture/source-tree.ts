import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository, without a trailing slash. */
export const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** A file of the repository, or one made up by a test. */
export interface SourceFile {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

const SKIPPED = [
  "**/node_modules/**",
  "**/dist/**",
  "**/output/**",
  "gen/es/**",
  "sdk/package/**",
  "server/create/templates/**",
];

/**
 * Read every file written by hand that matches one of the patterns, in the order of their paths.
 *
 * @param patterns globs relative to the repository, such as `server/**\/*.ts`.
 */
export function readSources(patterns: readonly string[]): readonly SourceFile[] {
  const paths = globSync([...patterns], { cwd: repositoryRoot, exclude: SKIPPED });
  return paths.sort().map((path) => ({ path, text: readFileSync(join(repositoryRoot, path), "utf8") }));
}
