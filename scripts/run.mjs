// What the scripts share. Plain JavaScript without dependencies, for any Node ≥ 20.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const inRoot = (...parts) => join(root, ...parts);
export const ownBin = inRoot("node_modules", ".bin");
export const tsc = inRoot("node_modules", "typescript", "bin", "tsc");
export const vite = inRoot("node_modules", "vite", "bin", "vite.js");

/** What went wrong, in words for the person who typed the command. */
export class SetupError extends Error {}

export function say(text) {
  console.log(`countersign: ${text}`);
}

/** Run a program to its end and show what it prints, unless `output` says otherwise; complain when it fails. */
export function run(program, args, { complaint, env = process.env, cwd = root, output = "inherit" }) {
  const { status, error } = spawnSync(program, args, { cwd, env, stdio: ["inherit", output, "inherit"] });
  if (status !== 0) {
    throw new SetupError(`${complaint}${error === undefined ? "" : ` (${error.message})`}`);
  }
}

export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    // Missing or cut off half-way: either way there is nothing to go by.
    return undefined;
  }
}

/**
 * The environment of a build. What the shell or a test runner says of NODE_ENV must not get into what is published: React
 * would be the one for development, with the paths of its sources.
 */
export function buildEnv() {
  return { ...childEnv(), NODE_ENV: "production" };
}

/** The environment in which the project's own Node and tools are found first. */
export function childEnv() {
  return { ...process.env, PATH: [ownBin, process.env.PATH ?? ""].join(delimiter) };
}
