// The last step of `npm run release:version`: the examples install the release that the packages have from now on.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { inRoot, readJson } from "./run.mjs";

/** Have a manifest name one release of all packages that are made here. */
export function nameRelease(manifest, version) {
  return manifest.replaceAll(/^( +"(?:@countersign\/[\w-]+|countersign)": )"[^"]+"/gm, `$1"${version}"`);
}

if (import.meta.main) {
  const { version } = readJson(inRoot("sdk", "package.json"));
  for (const path of globSync("docs/examples/*/package.json", { cwd: inRoot() })) {
    writeFileSync(inRoot(path), nameRelease(readFileSync(inRoot(path), "utf8"), version));
  }
}
