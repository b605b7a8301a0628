import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Import a package of an earlier build. @param folder where it is installed, or a built checkout */
export async function loadBefore<Module>(folder: string, name: string): Promise<Module> {
  const file = createRequire(join(folder, "package.json")).resolve(name);
  return (await import(pathToFileURL(file).href)) as Module; // an earlier one, as far as is used here
}
