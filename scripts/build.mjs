// What has to be built before the command runs, and when. Plain JavaScript without dependencies, for any Node ≥ 20.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildEnv, inRoot, readJson, root, run, say, tsc, vite } from "./run.mjs";

const stampFile = inRoot("node_modules", ".countersign-build.json");

const SKIPPED = new Set(["node_modules", "dist", "output", "package"]);

/** A digest of all files at and below these paths. */
function digest(paths) {
  const hash = createHash("sha256");
  const add = (path) => {
    if (statSync(path).isFile()) {
      return hash.update(path).update(readFileSync(path));
    }
    for (const name of readdirSync(path).sort()) {
      if (!SKIPPED.has(name)) {
        add(join(path, name));
      }
    }
  };
  for (const path of paths) {
    add(inRoot(path));
  }
  return hash.digest("hex");
}

const SHARED_INPUTS = ["package-lock.json", "tsconfig.base.json", "gen"];
const compiled = (name, folder, output, inputs = [folder]) => ({
  ...{ name, inputs: [...SHARED_INPUTS, ...inputs], output, cwd: root },
  command: [tsc, "-b", folder],
});
const BUILDS = [
  compiled("the server", "server/cli", "server/cli/dist/main.js", ["server"]),
  compiled("the SDK", "sdk", "sdk/dist/index.js"),
  {
    name: "the web demo",
    inputs: [...SHARED_INPUTS, "sdk", "web-demo"],
    output: "server/demo/dist/page/index.html",
    command: [vite, "build", "--logLevel", "warn"],
    cwd: inRoot("web-demo"),
  },
];

/** Build what has changed since the last build. */
export function build(node) {
  const built = readJson(stampFile) ?? {};
  for (const { name, inputs, output, command, cwd } of BUILDS) {
    const state = digest(inputs);
    if (built[name] === state && existsSync(inRoot(output))) {
      continue;
    }
    say(`building ${name} …`);
    run(node, command, { cwd, env: buildEnv(), complaint: `building ${name} failed` });
    built[name] = state;
    writeFileSync(stampFile, `${JSON.stringify(built, null, 2)}\n`);
  }
}
