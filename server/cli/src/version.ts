import { readFileSync } from "node:fs";

/** Read the version of this package. */
export function readVersion(): string {
  // Two folders up, from the sources and from what is built of them.
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { readonly version: string }; // our own file
  return version;
}
