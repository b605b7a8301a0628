import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { ONE_WAY } from "./e2e/one-way.ts";
import { LongestFirst } from "./support/longest-first.ts";

const conditions = ["@countersign/source"];
// `npm run test:browsers` runs those in other browsers, `npm run test:runtimes` those on other runtimes,
// `npm run test:examples` those of docs/examples, `npm run test:templates` those of projects that are begun,
// `npm run test:site` those of the site of the guides, `npm run test:alerts` those that need promtool, and
// `npm run test:benches` most of the benches, with configurations of their own: they take minutes, or what not every machine
// has. One browser and one runtime are tried here.
const exclude = [
  "**/node_modules/**",
  "alerts/**",
  "dist/**",
  "output/**",
  "browsers/!(smoke).test.ts",
  "examples/**",
  "runtimes/!(smoke).test.ts",
  "site/**",
  "templates/**",
  "bench/{bench,clients,fleet,install,sessions,streams}.test.ts",
  "bench/flood/flood.test.ts",
];

// Against a running server, a browser and programs of others: these need what is built.
const wholeSystem = ["browsers/smoke.test.ts", "e2e/**/*.test.ts", "docs/**/*.test.ts"];

// What is published, installed elsewhere: these need the tarballs.
const published = [
  "packages/**/*.test.ts",
  "compat/**/*.test.ts",
  "runtimes/smoke.test.ts",
  "sdk/package/**/*.test.ts",
];

// Times end a test that hangs. They are no measure: the same tests pass on a machine that is much slower.
const TIMEOUT_MS = 300_000;

const VERSIONS = fileURLToPath(new URL("compat/versions/node_modules", import.meta.url));

/** Take another release of Connect for that of the repository. */
function aliasConnect(version: string) {
  return [
    { find: /^@connectrpc\/connect$/, replacement: `${VERSIONS}/connect-${version}/dist/esm/index.js` },
    {
      find: /^@connectrpc\/connect\/(protocol.*)$/,
      replacement: `${VERSIONS}/connect-${version}/dist/esm/$1/index.js`,
    },
    {
      find: /^@connectrpc\/connect-node$/,
      replacement: `${VERSIONS}/connect-node-${version}/dist/esm/index.js`,
    },
  ];
}

// Hundreds of programs are started from their sources: half of what each costs is compiling the same files again.
const COMPILE_CACHE = fileURLToPath(new URL("../node_modules/.cache/compiled-for-tests", import.meta.url));

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Four for two cores: almost half of the time, tests wait for timers, disks and the programs that they start.
    maxWorkers: 4,
    // A worker imports the gate, the issuer and Connect once for all of its files: again for each of them takes more
    // processor time than the tests of the gate do. That importing makes nothing that changes is a rule of the architecture.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    reporters: ["default"],
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    globalSetup: ["support/postgres-template.ts"],
    setupFiles: ["support/leave-no-clock.ts"],
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE },
    expect: { poll: { timeout: 60_000, interval: 20 } },
    projects: [
      {
        extends: true,
        test: {
          name: "parts",
          include: ["**/*.test.ts"],
          exclude: [...exclude, ...wholeSystem, ...published],
        },
      },
      {
        extends: true,
        test: {
          name: "whole",
          include: wholeSystem,
          exclude,
          globalSetup: ["support/build.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "published",
          include: published,
          exclude,
          globalSetup: ["support/packages.ts"],
        },
      },
      {
        // The fast path serves with other releases of Connect than the repository's, too.
        extends: true,
        resolve: { conditions, alias: aliasConnect("2.3.0") },
        test: {
          name: "connect-2.3.0",
          include: [
            "differential/{differential,random,streams,streams-random}.test.ts",
            "node/{rpc,unknown-rpc,exchange/*}.test.ts",
          ],
          exclude,
          globalSetup: ["differential/install-connect.ts"],
          env: { COUNTERSIGN_TEST_CONNECT_VERSION: "2.3.0" },
          // Its own imports of Connect must find the same release.
          server: { deps: { inline: [/\/connect-node-[\d.]+\//] } },
        },
      },
      {
        // What holds with the fast path for unary calls must hold without it.
        extends: true,
        test: {
          name: "connect-handler",
          include: ["e2e/**/*.test.ts"],
          exclude: [...exclude, ...Object.keys(ONE_WAY).map((name) => `e2e/${name}`)],
          globalSetup: ["support/build.ts"],
          env: { COUNTERSIGN_UNARY_FAST_PATH: "off" },
        },
      },
    ],
  },
});
