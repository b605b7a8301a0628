import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ROOT } from "./nav.ts";
import { toAnchor } from "./to-anchor.ts";

/** The page that shows the protos. */
export const PROTOS_TARGET = "protos.md";

/** List the protos that users import or call, from the root of the repository. */
export function listProtos(): readonly string[] {
  return globSync("proto/countersign/auth/**/*.proto", { cwd: ROOT }).sort();
}

/** Write the page that shows them. */
export function toProtosPage(paths: readonly string[]): string {
  const files = paths.map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8").trimEnd();
    return `## ${basename(path)}\n\n\`${path.replace("proto/", "")}\`\n\n\`\`\`proto\n${text}\n\`\`\``;
  });
  return `# Protos\n\nThe package \`@countersign/gen\` has them, and the code that is generated from them.\n\n${files.join("\n\n")}\n`;
}

/** Tell where a reader of the site finds the protos, by their paths in the repository. */
export function protoTargets(paths: readonly string[]): readonly (readonly [string, string])[] {
  const targetOf = (path: string): string => `${PROTOS_TARGET}#${toAnchor(basename(path))}`;
  return [["proto", PROTOS_TARGET], ...paths.map((path) => [path, targetOf(path)] as const)];
}
