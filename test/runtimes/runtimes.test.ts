import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { packPublished } from "../support/packages.ts";
import { runProgram } from "../support/program.ts";
import { createFolder } from "./create-folder.ts";
import { describeHosts } from "./describe-hosts.ts";
import { FRAMEWORKS, HOSTS } from "./hosts.ts";
import { commandOf, RUNTIMES, type RunningHost, startOn, startWorkerd } from "./runtimes.ts";

let folder: string;

beforeAll(async () => {
  await packPublished();
  folder = await createFolder();
});

describeHosts([...HOSTS, ...FRAMEWORKS], () => folder);

test("listen refuses to start on Bun without TLS, and says what to do", async () => {
  const command = commandOf(
    "Bun",
    join(folder, "on-listen.ts"),
    JSON.stringify({ jwksUri: "http://127.0.0.1:1/jwks" }),
  );
  const { code, stderr } = await runProgram(command);
  expect(code).toBe(1);
  expect(stderr).toContain("serve createFetchHandler(auth) with Bun.serve");
});

describe("a session of the SDK signs in, calls, refreshes, streams and signs out", () => {
  const LIVED = "first, 1, 2, revoked: true";
  let server: RunningHost;
  const settings = { jwksUri: "" };

  beforeAll(async () => {
    server = await startOn("Node 26", "sdk-server.ts")(settings, folder);
  });

  afterAll(() => server[Symbol.asyncDispose]());

  describe.each(notEmpty(RUNTIMES))("on %s", (runtime) => {
    test.each(notEmpty(["sdk-fetch.ts", "sdk-node.ts"]))("with %s", async (program) => {
      const command = commandOf(runtime, join(folder, program), server.origin);
      expect(await runProgram(command)).toMatchObject({ code: 0, stdout: `${LIVED}\n` });
    });
  });

  test("on workerd", async () => {
    const start = startWorkerd("sdk-worker.ts");
    await using worker = await start({ jwksUri: server.origin }, folder);
    expect(await (await fetch(worker.origin)).text()).toBe(LIVED);
  });
});
