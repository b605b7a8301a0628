import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "vite";

const FOLDER = fileURLToPath(new URL("../output/programs", import.meta.url));

const bundled = new Map<string, Promise<string>>();

/**
 * Bundle a program of ours with all that it imports, once for each process: Node takes four times as long to strip,
 * resolve and load hundreds of modules as to run what is in them, and the tests start hundreds of programs.
 *
 * @param source its file
 * @returns the file to run
 */
export function bundleProgram(source: string): Promise<string> {
  const known = bundled.get(source) ?? write(source);
  bundled.set(source, known);
  return known;
}

/** Files are named after what they hold: processes that write the same ones at once, or run them, do not meet. */
async function write(source: string): Promise<string> {
  await mkdir(FOLDER, { recursive: true });
  const chunks = await bundle(source);
  for (const { fileName, code } of chunks) {
    const path = join(FOLDER, fileName);
    if (!existsSync(path)) {
      const unfinished = `${path}.${randomUUID()}`;
      await writeFile(unfinished, code);
      await rename(unfinished, path);
    }
  }
  const entry = chunks.find(({ isEntry }) => isEntry);
  if (entry === undefined) {
    throw new Error(`${source} was bundled to nothing`);
  }
  return join(FOLDER, entry.fileName);
}

async function bundle(source: string) {
  const names = "[name]-[hash].mjs";
  const result = await build({
    configFile: false,
    logLevel: "error",
    plugins: [ownPlaces],
    ssr: { noExternal: true, external: APART, resolve: { conditions: ["@countersign/source"] } },
    build: {
      ssr: source,
      write: false,
      minify: false,
      target: "esnext",
      rolldownOptions: { output: { entryFileNames: names, chunkFileNames: names } },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  const files = output !== undefined && "output" in output ? output.output : [];
  return files.flatMap((file) => (file.type === "chunk" ? [file] : []));
}

/** Packages that start a file of their own, or are there for some only. */
const APART = ["pino", "pg-native"];

/** What a module finds beside itself lies beside its source. */
const ownPlaces: Plugin = {
  name: "own-places",
  transform: (code, id) =>
    code
      .replaceAll("import.meta.dirname", JSON.stringify(join(id, "..")))
      .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href)),
};
