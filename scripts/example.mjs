// `npm run example -- NAME`: installs a program of docs/examples with the packages of this repository, and runs it. Plain
// JavaScript without dependencies, for any Node ≥ 20.
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digest } from "./digest.mjs";
import { pack, readIndex } from "./pack.mjs";
import { childEnv, inRoot, readJson, run, SetupError } from "./run.mjs";

const examples = inRoot("docs", "examples");

/** The folder of tarballs that examples install, and what they were made of. */
const tarballs = inRoot("dist", "example-packages");
const stampFile = join(tarballs, "made-of.json");
const INPUTS = [
  "LICENSE",
  "package.json",
  "package-lock.json",
  "tsconfig.base.json",
  "scripts",
  "gen",
  "proto",
  "sdk",
  "server",
  "web-demo",
];

/** Install an example. @returns its folder, in which `npm start` runs it */
export function installExample(node, args) {
  const folder = findExample(args);
  packIfChanged(node);
  // Not saved: its manifest names the packages as they will be on npm.
  const files = Object.values(readIndex(tarballs)).map((file) => join(tarballs, file));
  const complaint = "npm install failed";
  run("npm", ["install", "--no-save", ...files], { complaint, env: childEnv(), cwd: folder });
  return folder;
}

function findExample([name = "", ...others]) {
  const names = readdirSync(examples).filter((each) => existsSync(join(examples, each, "package.json")));
  if (!names.includes(name) || others.length > 0) {
    throw new SetupError(`usage: npm run example -- <${names.join("|")}>`);
  }
  return join(examples, name);
}

function packIfChanged(node) {
  const madeOf = digest(INPUTS);
  if (readJson(stampFile)?.madeOf !== madeOf) {
    pack(node, tarballs);
    writeFileSync(stampFile, `${JSON.stringify({ madeOf })}\n`);
  }
}
