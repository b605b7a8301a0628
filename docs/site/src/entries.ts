import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./nav.ts";

/** What users import. */
export interface Entry {
  /** As it is imported: `@countersign/sdk/browser`. */
  readonly name: string;
  /** Its source, from the root of the repository. */
  readonly source: string;
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly workspaces?: readonly string[];
  readonly exports?: Readonly<Record<string, { readonly "@countersign/source": string }>>;
}

/** List the entries of all published packages, without what only our own packages import and without generated code. */
export function listEntries(): readonly Entry[] {
  const { workspaces = [] } = readManifest("");
  return workspaces.flatMap((folder) => {
    const { name, private: isPrivate = false, exports = {} } = readManifest(folder);
    const paths = isPrivate ? [] : Object.keys(exports).filter((path) => !/^\.\/(?:internal$|\*)/.test(path));
    return paths.map((path) => ({
      name: name + path.slice(1),
      source: join(folder, exports[path]?.["@countersign/source"] ?? ""),
    }));
  });
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
}
