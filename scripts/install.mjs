// Gets the packages. Plain JavaScript without dependencies, for any Node ≥ 20: when it starts, nothing is installed.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { digest } from "./digest.mjs";
import { inRoot, readJson, root, SetupError } from "./run.mjs";

/** Says that the packages for `npm start` are there, and for which package-lock.json. The next `npm ci` deletes it. */
const startStamp = inRoot("node_modules", ".countersign-start.json");

/** Only the tests have it: where it is, all packages were wanted before. */
const OF_THE_TESTS = inRoot("node_modules", "vitest");

/** How often the progress is shown, in milliseconds: in a terminal, and in a log. */
const SHOW_EVERY_MS = 250;
const SAY_EVERY_MS = 10_000;

/**
 * Get all packages, unless they are there.
 *
 * @param isForStart whether those are enough that `npm start` needs: all but those of the tests, which are most of them
 */
export async function install({ isForStart }) {
  if (isInstalled() || (isForStart && isInstalledForStart())) {
    return;
  }
  if (!isForStart || existsSync(OF_THE_TESTS)) {
    return runNpm([]);
  }
  await runNpm(["--include-workspace-root", ...startWorkspaces().flatMap((path) => ["-w", path])]);
  writeFileSync(startStamp, `${JSON.stringify(stampOf())}\n`);
}

/** Whether node_modules of a folder holds what package-lock.json asks for, as npm itself noted when it finished. */
export function isInstalled(folder = "") {
  const wanted = readJson(inRoot(folder, "package-lock.json"))?.packages ?? {};
  const present = readJson(inRoot(folder, "node_modules", ".package-lock.json"))?.packages ?? {};
  return Object.entries(wanted)
    .filter(([path, entry]) => path.startsWith("node_modules/") && !entry.optional && !entry.devOptional)
    .every(([path, entry]) => present[path]?.version === entry.version && existsSync(inRoot(folder, path)));
}

const stampOf = () => ({ lock: digest(["package-lock.json"]) });
const isInstalledForStart = () => readJson(startStamp)?.lock === stampOf().lock;

/** All workspaces but that of the tests. */
const startWorkspaces = () => readJson(inRoot("package.json")).workspaces.filter((path) => path !== "test");

// ---- npm

/** Run `npm ci`, and show how far it is: alone it would say nothing for as long as the network takes. */
async function runNpm(args) {
  // npm must not run on the Node inside the folder that it is about to replace.
  const path = (process.env.PATH ?? "").split(delimiter).filter((entry) => !entry.includes("node_modules"));
  const env = { ...process.env, PATH: path.join(delimiter) };
  const stopProgress = showProgress();
  const child = spawn("npm", ["ci", "--no-progress", ...args], { cwd: root, stdio: "inherit", env });
  const failure = await new Promise((resolve) => {
    child.on("error", (err) => resolve(err.message));
    child.on("exit", (code) => resolve(code === 0 ? undefined : `exit code ${code}`));
  });
  stopProgress();
  if (failure !== undefined) {
    throw new SetupError(
      `npm ci failed (${failure}). It needs npm, and a network unless the packages are in npm's cache.`,
    );
  }
}

/** Show how many packages have arrived: in place in a terminal, else a line now and then. @returns what stops it */
function showProgress() {
  const { isTTY } = process.stdout;
  const startedMs = Date.now();
  const show = () => {
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    const text = `countersign: installing packages, once … ${countPackages()} so far, ${seconds} s`;
    process.stdout.write(isTTY ? `\r${text} ` : `${text}\n`);
  };
  show();
  const timer = setInterval(show, isTTY ? SHOW_EVERY_MS : SAY_EVERY_MS);
  return () => {
    clearInterval(timer);
    show();
    process.stdout.write(isTTY ? "\n" : "");
  };
}

/** Count the packages in node_modules that have arrived: npm makes all folders first. */
function countPackages() {
  const names = (folder) => (existsSync(inRoot(folder)) ? readdirSync(inRoot(folder)) : []);
  return names("node_modules")
    .flatMap((name) =>
      name.startsWith("@") ? names(`node_modules/${name}`).map((own) => `${name}/${own}`) : [name],
    )
    .filter((name) => existsSync(inRoot("node_modules", name, "package.json"))).length;
}
