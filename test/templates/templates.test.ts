import { readFile, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUILT_IN, type Choices } from "../../server/create/src/choices.ts";
import { COMBINATIONS } from "../create/every-combination.ts";
import { launchBrowser } from "../support/browser.ts";
import { notEmpty } from "../support/not-empty.ts";
import { packPublished, unpack } from "../support/packages.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";
import { callProject } from "./call-project.ts";
import { type GreetingProvider, startGreetingProvider } from "./greeting-provider.ts";
import { type MadeProject, makeProject, startScript, succeed } from "./made-project.ts";

let folder: TemporaryFolder;
let provider: GreetingProvider;
let browser: Browser;
let postgres: TestPostgres;
let command: string;
const table: string[] = [];

beforeAll(async () => {
  await packPublished();
  folder = await createTemporaryFolder();
  await unpack("create", join(folder.path, "create"));
  command = join(folder.path, "create/bin/create-countersign.js");
  postgres = await startPostgres();
  provider = await startGreetingProvider();
  browser = await launchBrowser();
});

afterAll(async () => {
  const title =
    "server, client, issuer: seconds to create, install, check types, test, start, call; load; what was answered";
  process.stdout.write(`\n${[title, ...table].join("\n")}\n`);
  await browser.close();
  await postgres[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Measure the steps of a project one after the other. */
function createStopwatch() {
  const seconds: string[] = [];
  return {
    seconds,
    async measure<Result>(step: () => Promise<Result>): Promise<Result> {
      const startMs = performance.now();
      const result = await step();
      seconds.push(((performance.now() - startMs) / 1000).toFixed(1));
      return result;
    },
  };
}

/** What its user is shown: of a page also what it complains about. */
const ANSWERS = {
  node: /^Hello, \S+, PermissionDenied POLICY_DENIED$/,
  none: /^unauthenticated, Hello, \S+, permission_denied$/,
  browser: /^Hello, \S+, POLICY_DENIED$/,
  react: /^Hello, \S+, POLICY_DENIED$/,
} as const;

const nameOf = ({ server, client, issuer }: Choices): string =>
  `${server}, ${client}, ${issuer === BUILT_IN ? BUILT_IN : "URL"}`;

interface Case {
  readonly name: string;
  readonly choices: Choices;
  /** What its user does before its installation, by its README. */
  readonly prepare?: (project: MadeProject) => Promise<void>;
  /** What serves it. Default: `start`. */
  readonly script?: "start" | "dev";
}

const CASES: readonly Case[] = notEmpty([
  ...COMBINATIONS.map((choices) => ({ name: nameOf(choices), choices })),
  {
    name: "listen, node, built-in, Postgres",
    choices: { server: "listen", client: "node", issuer: BUILT_IN },
    prepare: takePostgres,
  },
  {
    name: "next, none, built-in, npm run dev",
    choices: { server: "next", client: "none", issuer: BUILT_IN },
    script: "dev",
  },
]);

/** With a Postgres of the tests in the place of that of Compose. */
async function takePostgres({ folder: project }: MadeProject): Promise<void> {
  const settings = join(project, ".env");
  const text = await readFile(settings, "utf8");
  await writeFile(
    settings,
    text.replace(/^#DATABASE_URL=.*$/m, `DATABASE_URL=${await postgres.createDatabase()}`),
  );
  await succeed("npm", ["install", "--prefer-offline", "pg"], project);
}

describe("a project that npm create has begun", () => {
  test.each(CASES)(
    "$name: is installed, compiled, tested, started and called, and stops",
    async ({ name, choices, prepare, script = "start" }) => {
      const { seconds, measure } = createStopwatch();
      await using place = await createTemporaryFolder(folder.path);
      const issuer = choices.issuer === BUILT_IN ? BUILT_IN : provider.issuer;
      const project = await measure(() =>
        makeProject({ ...choices, issuer }, { command, parent: place.path }),
      );
      await prepare?.(project);
      const npm = (...args: readonly string[]) => measure(() => succeed("npm", args, project.folder));
      await npm("install", "--prefer-offline");
      await npm("run", "types");
      await npm("test");
      const { answer, code } = await start(project, script, measure);
      table.push([name, ...seconds, loadavg()[0]?.toFixed(0), answer].join(" "));
      expect(answer).toMatch(ANSWERS[choices.client]);
      // `next start` ends as one that a signal has ended.
      expect(code).toBe(choices.server === "next" && script === "start" ? 143 : 0);
    },
  );
});

/** Start a project, call it, and stop it. Resolves to what was answered, and its exit code. */
async function start(
  project: MadeProject,
  script: "start" | "dev",
  measure: <Result>(step: () => Promise<Result>) => Promise<Result>,
): Promise<{ readonly answer: string; readonly code: number | undefined }> {
  await using server = await measure(() => startScript(project, script, /listening at|Ready in/));
  const answer = await measure(() => callProject(project, browser));
  const { code } = await server.end("SIGTERM");
  return { answer, code };
}
