import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

// A server on a release of Connect that there is not: argv[2] is its number, argv[3] names what it lacks, with commas.

const [, , version = "", missing = ""] = process.argv;
const names = missing.split(",").filter((name) => name !== "");

registerHooks({
  load(url, context, next) {
    if (!/@connectrpc\/connect\/dist\/esm\/protocol/.test(url)) {
      return next(url, context);
    }
    const original = readFileSync(new URL(url), "utf8");
    let source = original.replace(/"connect-es\/[^"]*"/g, JSON.stringify(`connect-es/${version}`));
    // Only what the module hands out is taken away: the rest of Connect does not go through it.
    if (url.endsWith("/index.js")) {
      for (const name of names) {
        source = source.replace(new RegExp(`(?<=[{,]\\s*)${name},`), "");
      }
    }
    return { format: "module", source, shortCircuit: true };
  },
});

const { serveOnce } = await import("./serve-once.ts");
process.stdout.write(JSON.stringify(await serveOnce()));
