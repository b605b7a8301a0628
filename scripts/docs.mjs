// `npm run docs`: the site of the guides. Plain JavaScript without dependencies, for any Node ≥ 20.
import { parseArgs } from "node:util";
import { isInstalled } from "./install.mjs";
import { inRoot, run, SetupError, say } from "./run.mjs";

/** What makes the site is no workspace: it has packages of its own. */
const SITE = "docs/site";
/** Where the sites of all versions are. */
const OUTPUT = "dist/docs";

/** What serves them, as arguments of Node. */
export const serveDocsArgs = [
  inRoot(SITE, "node_modules/vite/bin/vite.js"),
  ...["preview", inRoot(OUTPUT), "--outDir", ".", "--host", "127.0.0.1"],
  ...["--config", inRoot(SITE, "preview.config.mjs")],
];

function parseDocsArgs(args) {
  const options = { serve: { type: "boolean", default: false }, base: { type: "string", default: "/" } };
  try {
    return parseArgs({ args, options }).values;
  } catch {
    throw new SetupError("usage: npm run docs [-- --serve] [-- --base /PATH/]");
  }
}

/** Get what makes the site, and build it. @returns what was asked for on the command line */
export function buildDocs(node, args) {
  const { serve, base } = parseDocsArgs(args);
  if (!/^\/(?:[\w.~-]+\/)*$/.test(base)) {
    throw new SetupError(`--base is the path that ${OUTPUT} is served under: /, or /countersign/`);
  }
  if (!isInstalled(SITE)) {
    say("getting what makes the site, once …");
    const complaint = "npm ci failed. It needs npm, and a network unless the packages are in npm's cache.";
    run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { complaint, cwd: inRoot(SITE) });
  }
  say("building the site …");
  run(node, [inRoot(SITE, "src/build.ts"), base], { complaint: "building the site failed" });
  say(`the site is in ${OUTPUT}${serve ? "" : "; npm run docs -- --serve shows it"}`);
  return { serve };
}
