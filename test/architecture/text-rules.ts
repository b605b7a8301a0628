import type { SourceFile } from "./source-tree.ts";

/** No file written by hand is longer than this, in lines. */
export const MAX_LINES = 250;

/** Name the file when it is too long to hold one idea. */
export function tooLong(file: SourceFile): readonly string[] {
  const lines = file.text.replace(/\n$/, "").split("\n").length;
  return lines > MAX_LINES ? [`${file.path} has ${lines} lines, more than ${MAX_LINES}`] : [];
}

// Written in pieces, so that this file does not name them itself.
const FOREIGN_PLACES = [
  { what: "a folder outside of the repository", pattern: new RegExp(["\\.\\.", "shared\\b"].join("/")) },
  {
    what: "a folder of one machine",
    pattern: new RegExp(["(?<![\\w.-])", "(work|root|home)", "\\w"].join("/")),
  },
  {
    what: "a registry other than npm's",
    pattern: /https?:\/\/(?!registry\.npmjs\.org)[^\s"'/]*(registry|npm-proxy|artifactory|nexus)[^\s"'/]*/,
  },
];

/** Name each line that points at a place which a stranger's machine does not have. */
export function foreignPlaces(file: SourceFile): readonly string[] {
  return file.text
    .split("\n")
    .flatMap((line, index) =>
      FOREIGN_PLACES.filter(({ pattern }) => pattern.test(line)).map(
        ({ what }) => `${file.path}:${index + 1} names ${what}`,
      ),
    );
}
