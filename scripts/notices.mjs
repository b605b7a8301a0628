// What a bundled package holds of others, and the notices that their licences ask for.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot, readJson, SetupError } from "./run.mjs";

const LICENCE_FILES = ["LICENSE", "LICENSE.md", "LICENSE.txt"];

/** Write beside a bundle whose code it holds, as the maps of its sources say. */
export function writeNotices(dist) {
  const maps = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith(".js.map"));
  const notices = new Map();
  for (const map of maps) {
    const { sources, sourcesContent } = readJson(join(dist, map));
    sources.forEach((source, index) => {
      const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
      if (name !== undefined && !notices.has(name)) {
        notices.set(name, toNotice(name, sourcesContent[index]));
      }
    });
  }
  if (notices.size > 0) {
    const texts = [...notices].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, notice]) => notice);
    writeFileSync(join(dist, "THIRD-PARTY-NOTICES.txt"), texts.join("\n\n----\n\n"));
  }
}

/** The notice of a package: that of the package, or else that at the head of its files. */
function toNotice(name, source) {
  const folder = inRoot("node_modules", name);
  const { version, license } = readJson(join(folder, "package.json"));
  const file = LICENCE_FILES.map((licence) => join(folder, licence)).find((path) => existsSync(path));
  const text = file === undefined ? /^(?:\/\/.*\n)+/.exec(source)?.[0] : readFileSync(file, "utf8");
  if (license === undefined || text === undefined) {
    throw new SetupError(`${name} is bundled, and says nowhere under which licence`);
  }
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}
