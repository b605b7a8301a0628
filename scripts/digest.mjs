// Says whether files have changed. Plain JavaScript without dependencies, for any Node ≥ 20.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "./run.mjs";

const SKIPPED = new Set(["node_modules", "dist", "output", "package"]);

/** A digest of all files at and below these paths. */
export function digest(paths) {
  const hash = createHash("sha256");
  const add = (path) => {
    if (statSync(path).isFile()) {
      return hash.update(path).update(readFileSync(path));
    }
    for (const name of readdirSync(path).sort()) {
      if (!SKIPPED.has(name)) {
        add(join(path, name));
      }
    }
  };
  for (const path of paths) {
    add(inRoot(path));
  }
  return hash.digest("hex");
}
