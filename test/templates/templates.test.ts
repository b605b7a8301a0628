import { mkdir, rm } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUILT_IN } from "../../server/create/src/choices.ts";
import { COMBINATIONS } from "../create/every-combination.ts";
import { launchBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { notEmpty } from "../support/not-empty.ts";
import { packPublished, unpack } from "../support/packages.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";
import { callProject } from "./call-project.ts";
import { type GreetingProvider, startGreetingProvider } from "./greeting-provider.ts";
import { type MadeProject, makeProject, startScript, succeed } from "./made-project.ts";

let folder: TemporaryFolder;
let provider: GreetingProvider;
let browser: Browser;
const table: string[] = [];

beforeAll(async () => {
  await packPublished();
  folder = await createTemporaryFolder();
  await unpack("create", join(folder.path, "create"));
  provider = await startGreetingProvider();
  browser = await launchBrowser();
});

afterAll(async () => {
  const title =
    "server client issuer: seconds to create, install, check types, test, start, call; load; what was answered";
  process.stdout.write(`\n${[title, ...table].join("\n")}\n`);
  await browser.close();
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

const kindOf = (issuer: string) => (issuer === BUILT_IN ? BUILT_IN : "URL");

describe("a project that npm create has begun", () => {
  test.each(notEmpty(COMBINATIONS.map((choices) => ({ ...choices, kind: kindOf(choices.issuer) }))))(
    "$server, $client, $kind: is installed, compiled, tested, started and called, and stops",
    async ({ server, client, issuer, kind }) => {
      const { seconds, measure } = createStopwatch();
      const parent = join(folder.path, "projects");
      await mkdir(parent);
      const command = join(folder.path, "create/bin/create-countersign.js");
      const choices = { server, client, issuer: issuer === BUILT_IN ? BUILT_IN : provider.issuer };
      const project = await measure(() => makeProject(choices, { command, parent }));
      const npm = (...args: readonly string[]) => measure(() => succeed("npm", args, project.folder));
      await npm("install", "--prefer-offline");
      await npm("run", "types");
      await npm("test");
      const answer = await start(project, measure);
      table.push([server, client, kind, ...seconds, loadavg()[0]?.toFixed(0), answer].join(" "));
      expect(answer).toMatch(ANSWERS[client]);
      await rm(parent, { recursive: true });
    },
  );
});

async function start(
  project: MadeProject,
  measure: <Result>(step: () => Promise<Result>) => Promise<Result>,
): Promise<string> {
  await using server = await measure(() => startScript(project, "start", /listening at|Ready in/));
  const answer = await measure(() => callProject(project, browser));
  await server.end("SIGTERM");
  await eventually(() =>
    fetch(project.address).then(
      () => undefined,
      () => true,
    ),
  );
  return answer;
}
