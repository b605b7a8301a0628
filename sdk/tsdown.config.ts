import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "tsdown";

const OUT = "package/dist";
const ENTRIES = ["index", "browser/index", "node/index", "react/index", "oidc/index", "testing/index"];

/** Leave out what only the repository needs: the published package has no source and no generated code of its own. */
function publishedManifest(): string {
  const source = readFileSync("package.json", "utf8");
  const { devDependencies: _tools, scripts: _scripts, exports, ...manifest } = JSON.parse(source);
  const entries = Object.entries<Record<string, string>>(exports).map(([name, { types, default: file }]) => [
    name,
    { types, default: file },
  ]);
  return JSON.stringify({ ...manifest, exports: Object.fromEntries(entries) }, null, 2);
}

export default defineConfig({
  entry: Object.fromEntries(ENTRIES.map((name) => [name, `src/${name}.ts`])),
  outDir: OUT,
  format: "esm",
  platform: "neutral",
  target: "es2022",
  fixedExtension: false,
  hash: false,
  dts: true,
  // Sessions can be disposed of with `await using`: projects whose own `lib` is older need not know.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  sourcemap: true,
  deps: { alwaysBundle: [/^@countersign\/gen/], neverBundle: [/^node:/] },
  inputOptions: { resolve: { conditionNames: ["@countersign/source", "import", "default"] } },
  alias: { "@countersign/gen": fileURLToPath(new URL("package/gen", import.meta.url)) },
  hooks: {
    "build:prepare"() {
      execFileSync("buf", ["generate", "--template", "buf.client.yaml"], { stdio: "inherit" });
    },
    "build:done"() {
      writeFileSync("package/package.json", `${publishedManifest()}\n`);
      copyFileSync("../LICENSE", "package/LICENSE");
      copyFileSync("README.md", "package/README.md");
    },
  },
});
