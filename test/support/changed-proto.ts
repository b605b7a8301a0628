import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DescMethod } from "@bufbuild/protobuf";
import { runBuf } from "./buf.ts";

/** Generated code of protos that were edited. */
export interface ChangedProto extends AsyncDisposable {
  /** Makes a Node that is started with it take this code instead of the repository's: `NODE_OPTIONS`. */
  readonly nodeOptions: string;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Copy the protos, take every option out of one method, and generate code from them as `npm run generate` does.
 *
 * The code lies inside the repository, where it finds the packages that it imports.
 */
export async function removeOptionsOf(method: DescMethod): Promise<ChangedProto> {
  const output = join(ROOT, "test/output");
  await mkdir(output, { recursive: true });
  const folder = await mkdtemp(join(output, "changed-proto-"));
  await cp(join(ROOT, "proto"), join(folder, "proto"), { recursive: true });
  for (const name of ["buf.yaml", "buf.gen.yaml"]) {
    await cp(join(ROOT, name), join(folder, name));
  }

  const path = join(folder, "proto", `${method.parent.file.name}.proto`);
  const text = await readFile(path, "utf8");
  const changed = text.replace(new RegExp(`(rpc ${method.name}\\([^{]*\\{)[^]*?\\n {2}\\}`), "$1}");
  if (changed === text) {
    throw new Error(`found no options of ${method.name} in ${path}`);
  }
  await writeFile(path, changed);

  const { code, stderr } = await runBuf(["generate"], folder);
  if (code !== 0) {
    throw new Error(stderr);
  }
  await writeFile(join(folder, "hook.mjs"), hookTo(join(folder, "gen/es")));
  return {
    nodeOptions: `--import=${pathToFileURL(join(folder, "hook.mjs")).href}`,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A module for `--import` that leads the package of generated code to a folder. */
function hookTo(folder: string): string {
  return `import { registerHooks } from "node:module";
const folder = ${JSON.stringify(`${pathToFileURL(folder).href}/`)};
const generated = /^@countersign\\/gen\\/(.+)\\.js$/;
registerHooks({
  resolve: (specifier, context, next) => next(specifier.replace(generated, folder + "$1.ts"), context),
});
`;
}
