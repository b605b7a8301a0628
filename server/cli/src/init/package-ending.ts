import { posix } from "node:path";
import { isSource, type Project } from "./project.ts";
import { findImported } from "./specifier.ts";

/**
 * Find how a package ends imports of its own TypeScript, `.js` or `.ts`, when one of its modules needs that: some leave the ending
 * out, since a bundler reads them, and others, such as its tests, are read by Node.
 *
 * @param home the folder of the package
 * @returns nothing when no module of it has an ending, or it is not made of ES modules
 */
export function findPackageEnding(project: Project, home: string): string {
  const { type }: { readonly type?: string } = JSON.parse(project.read(posix.join(home, "package.json")));
  if (type !== "module") {
    return "";
  }
  const own = project.files.filter((path) => isSource(path) && project.packageOf(path) === home);
  for (const path of own) {
    for (const [, specifier = ""] of project.read(path).matchAll(RELATIVE)) {
      if (findImported(specifier, path, project.files)?.endsWith(".ts") === true) {
        return posix.extname(specifier);
      }
    }
  }
  return "";
}

const RELATIVE = /\bfrom\s+["'](\.{1,2}\/[^"']+\.[jt]s)["']/g;
