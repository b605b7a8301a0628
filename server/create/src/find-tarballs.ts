import { readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { UsageError } from "./usage-error.ts";

/**
 * Read which tarball is of which package from the index that `npm run pack` writes beside them.
 *
 * @param index the path of the index
 * @param folder the project, absolute: specs lead from there
 * @throws UsageError when the index cannot be read
 */
export function findTarballs(index: string, folder: string): ReadonlyMap<string, string> {
  const place = dirname(resolve(index));
  const toSpec = (file: string) => `file:${relative(folder, resolve(place, file)).replaceAll(sep, "/")}`;
  return new Map(Object.entries(readIndex(index)).map(([name, file]) => [name, toSpec(String(file))]));
}

function readIndex(index: string): object {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(index, "utf8"));
  } catch (error) {
    throw new UsageError(`--packages: ${index} cannot be read: npm run pack writes it`, { cause: error });
  }
  if (typeof read !== "object" || read === null) {
    throw new UsageError(`--packages: ${index} has no table of packages: npm run pack writes it`);
  }
  return read;
}
