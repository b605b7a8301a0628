import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Part } from "./compose-project.ts";

/** Beside the sources and beside what is built alike. */
const TEMPLATES = fileURLToPath(new URL("../templates", import.meta.url));

/** Read a folder of `templates`, as `server/listen`. */
export function readPart(name: string): Part {
  const folder = join(TEMPLATES, name);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.map((file) => [relative(folder, file).replaceAll(sep, "/"), readFileSync(file, "utf8")]),
  );
}
