import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { defineConfig } from "tsdown";

/** Where the package is put together. `npm run pack` names a folder, and writes the manifest there. */
const FOLDER = resolve(process.env.COUNTERSIGN_PACKAGE_DIR ?? "package");
const GEN = "@countersign/gen/";
const TESTING = resolve("src/testing");
const ENTRIES = [
  "index",
  "browser/index",
  "node/index",
  "react/index",
  "oidc/index",
  "dpop/index",
  "store/index",
  "testing/index",
];

export default defineConfig({
  entry: Object.fromEntries(ENTRIES.map((name) => [name, `src/${name}.ts`])),
  outDir: join(FOLDER, "dist"),
  format: "esm",
  platform: "neutral",
  target: "es2022",
  fixedExtension: false,
  hash: false,
  // No maps of types: the sources that they lead to are not in the package. Those of code carry them.
  dts: { sourcemap: false },
  // Sessions can be disposed of with `await using`: projects whose own `lib` is older need not know.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  sourcemap: true,
  deps: { alwaysBundle: [/^@countersign\/gen/], neverBundle: [/^node:/] },
  inputOptions: {
    resolve: { conditionNames: ["@countersign/source", "import", "default"] },
    // Comments with the path of each module would name the folder of this run, and no two packages were the same.
    experimental: { attachDebugInfo: "none" },
  },
  plugins: [
    {
      // The fake server serves methods that no page calls: their descriptors must not be in what a page loads.
      name: "generated-code",
      resolveId: (source: string, importer: string | undefined) => {
        if (!source.startsWith(GEN)) {
          return null;
        }
        const cut = importer?.startsWith(TESTING) === true ? "gen-testing" : "gen";
        return join(FOLDER, cut, source.slice(GEN.length).replace(/\.js$/, ".ts"));
      },
    },
  ],
  hooks: {
    "build:prepare"() {
      for (const template of ["buf.client.yaml", "buf.testing.yaml"]) {
        execFileSync("buf", ["generate", "--template", template, "--output", FOLDER], { stdio: "inherit" });
      }
    },
  },
});
