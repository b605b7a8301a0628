import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineConfig } from "tsdown";

/** What a package says of itself, as far as it is asked here. */
interface Manifest {
  readonly exports: Readonly<Record<string, { readonly "@countersign/source": string }>>;
}

/** The package that `npm run pack` puts together. */
const cwd = process.cwd();

/** Where: a folder that `npm run pack` names, and writes the manifest to. */
const FOLDER = resolve(process.env.COUNTERSIGN_PACKAGE_DIR ?? "package");

const { exports }: Manifest = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
const exported = Object.values(exports).map((entry) => entry["@countersign/source"]);
// The command exports nothing: its program is run.
const sources = exported.length === 0 ? ["./src/main.ts"] : exported;
const nameOf = (source: string): string => source.slice("./src/".length, -".ts".length);

// Node takes longer to find and load a file than to run what is in it: a package has a few, not one a module.
export default defineConfig({
  cwd,
  entry: Object.fromEntries(sources.map((source) => [nameOf(source), source])),
  outDir: join(FOLDER, "dist"),
  format: "esm",
  platform: "neutral",
  target: "es2024",
  fixedExtension: false,
  hash: false,
  // No maps of types: the sources that they lead to are not in the package. Those of code carry them.
  dts: exported.length === 0 ? false : { sourcemap: false },
  sourcemap: true,
  // CEL is 59 modules, and only the gate's rules use it; the parser is for `countersign init` alone. What applications import,
  // too, must stay one copy.
  deps: {
    neverBundle: [/^node:/],
    onlyBundle: ["@babel/parser", "@bufbuild/cel", "@bufbuild/cel-spec", "@bufbuild/re2"],
  },
  // Comments with the path of each module would name the folder of this run, and no two packages were the same.
  inputOptions: { experimental: { attachDebugInfo: "none" } },
});
