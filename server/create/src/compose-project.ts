import { mergeManifests } from "./merge-manifests.ts";

/** The files of a project by their paths, with slashes. */
export type Files = ReadonlyMap<string, string>;

/** A folder of `templates`: its files by their paths. */
export type Part = Files;

/** What texts of templates name in double braces. */
export interface Values {
  readonly name: string;
  readonly issuer: string;
  readonly audience: string;
  /** What the first user signs in with: the command draws it, so that no two projects have the same. */
  readonly password: string;
  /** The same for the database that `compose.yaml` starts. */
  readonly databasePassword: string;
  /** The release of the packages of Countersign. */
  readonly version: string;
}

/** Files that several parts have: each adds to them. Templates write names without the dot, which npm leaves out of packages. */
const JOINED: Readonly<
  Record<string, { readonly path: string; readonly join: (texts: readonly string[]) => string }>
> = {
  "manifest.json": { path: "package.json", join: mergeManifests },
  "tsconfig.json": { path: "tsconfig.json", join: mergeManifests },
  "README.md": { path: "README.md", join: (texts) => texts.join("\n") },
  env: { path: ".env", join: (texts) => texts.join("") },
  gitignore: { path: ".gitignore", join: (texts) => texts.join("") },
};

/**
 * Put a project together from its parts.
 *
 * @throws Error when two parts have the same file, or a text names a value that there is not: the templates are wrong
 */
export function composeProject(parts: readonly Part[], values: Values): Files {
  const texts = new Map<string, string[]>();
  for (const [path, text] of parts.flatMap((part) => [...part])) {
    const before = texts.get(path) ?? [];
    if (before.length > 0 && !Object.hasOwn(JOINED, path)) {
      throw new Error(`two parts have ${path}`);
    }
    texts.set(path, [...before, text]);
  }
  const files = [...texts].map(([path, all]): [string, string] => {
    const joined = JOINED[path];
    return joined === undefined ? [path, all.join("")] : [joined.path, fillIn(joined.join(all), values)];
  });
  return new Map(files.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function fillIn(text: string, values: Values): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    if (!Object.hasOwn(values, name)) {
      throw new Error(`a template names the value ${name}`);
    }
    return values[name as keyof Values]; // a key, as was just seen
  });
}
