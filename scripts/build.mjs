// What has to be built before the command runs, and when. Plain JavaScript without dependencies, for any Node ≥ 20.
import { existsSync, writeFileSync } from "node:fs";
import { digest } from "./digest.mjs";
import { buildEnv, inRoot, readJson, root, run, say, tsc, vite } from "./run.mjs";

const stampFile = inRoot("node_modules", ".countersign-build.json");

const SHARED_INPUTS = ["package-lock.json", "tsconfig.base.json", "gen"];
const compiled = (name, folder, output, inputs = [folder]) => ({
  ...{ name, inputs: [...SHARED_INPUTS, ...inputs], output, cwd: root },
  command: [tsc, "-b", folder],
});
const BUILDS = [
  compiled("the SDK", "sdk", "sdk/dist/index.js"),
  compiled("the server", "server/cli", "server/cli/dist/main.js", ["server", "sdk"]),
  {
    name: "the web demo",
    // It links to guides, protos and code of the server, and brings them.
    inputs: [...SHARED_INPUTS, "sdk", "web-demo", "docs", "proto", "server/demo/src/trials"],
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
