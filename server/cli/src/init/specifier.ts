import { posix } from "node:path";

/** The endings of modules, by what their imports say. */
const ENDINGS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".js"],
  ".mjs": [".mts", ".mjs"],
  ".cjs": [".cts", ".cjs"],
  ".ts": [".ts"],
};

/**
 * Find the file of a project that a module imports: by a path, or behind an alias as in `@/gen/notes_pb`, when one file of
 * the project alone can be meant.
 */
export function findImported(
  specifier: string,
  importer: string,
  files: readonly string[],
): string | undefined {
  const isRelative = specifier.startsWith(".");
  const path = isRelative
    ? posix.join(posix.dirname(importer), specifier)
    : specifier.split("/").slice(1).join("/");
  const ending = posix.extname(path);
  const stem = ENDINGS[ending] === undefined ? path : path.slice(0, -ending.length);
  const names = (ENDINGS[ending] ?? [".ts", ".js", ".mts"]).map((end) => stem + end);
  const found = files.filter((file) =>
    names.some((name) => file === name || (!isRelative && file.endsWith(`/${name}`))),
  );
  return stem === "" || (!isRelative && found.length > 1) ? undefined : found[0];
}

/** Add an ending to an import by a path that has none. */
export function withEnding(specifier: string, ending: string): string {
  return specifier.startsWith(".") && !/\.[cm]?[jt]s$/.test(specifier) ? specifier + ending : specifier;
}

/** Write an import of a module for a file in another folder. Names of packages and aliases stay as they are. */
export function moveSpecifier(specifier: string, importer: string, folder: string): string {
  return specifier.startsWith(".")
    ? toSpecifier(folder, posix.join(posix.dirname(importer), specifier))
    : specifier;
}

/** Write the path of a module as it is imported from a folder. */
export function toSpecifier(folder: string, path: string): string {
  const relative = posix.relative(folder, path);
  return relative.startsWith(".") ? relative : `./${relative}`;
}

/** Find how a module ends its imports of others of the project: `.js`, `.ts` or nothing. Default: that which is given. */
export function findImportEnding(text: string, fallback: string): string {
  const path = /\bfrom\s+["']\.{1,2}\/([^"']+)["']/.exec(text)?.[1];
  return path === undefined ? fallback : (/\.[cm]?[jt]s$/.exec(path)?.[0] ?? "");
}
