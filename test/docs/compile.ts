import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { runProgram } from "../support/program.ts";
import { ROOT } from "./documents.ts";
import type { Project } from "./project.ts";

const TSC = join(ROOT, "node_modules/.bin/tsc");

/**
 * Check the TypeScript blocks of several documents with one run of tsc, as strictly as our own sources.
 *
 * @returns what it says, one line each, by the line of the document
 */
export async function compileProjects(
  folder: string,
  projects: readonly Project[],
): Promise<readonly string[]> {
  const sources = projects.flatMap((project) => project.sources);
  const config = {
    extends: join(ROOT, "tsconfig.base.json"),
    compilerOptions: {
      noEmit: true,
      composite: false,
      incremental: false,
      declaration: false,
      declarationMap: false,
      sourceMap: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      // Top-level await also where a block imports nothing.
      moduleDetection: "force",
      jsx: "react-jsx",
      lib: ["es2024", "dom", "dom.iterable", "esnext.disposable"],
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
    },
    files: sources.map(({ path }) => path),
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { stdout } = await runProgram({ file: TSC, args: ["-p", folder, "--pretty", "false"], cwd: ROOT });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => toDocumentLine(line, projects));
}

/** `test/output/…/server.ts(12,3): error …` → `README.md:12: error …` */
function toDocumentLine(diagnostic: string, projects: readonly Project[]): string {
  const sources = projects.flatMap((project) => project.sources);
  const source = sources.find(({ path }) => diagnostic.startsWith(`${relative(ROOT, path)}(`));
  const [, line = "", message = ""] = /^[^(]+\((\d+),\d+\)(.*)$/.exec(diagnostic) ?? [];
  return source === undefined ? diagnostic : `${source.fences[0]?.document}:${line}${message}`;
}
