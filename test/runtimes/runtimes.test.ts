import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXPIRING } from "../compat/cases.ts";
import { casesFor } from "../compat/observe.ts";
import { notEmpty } from "../support/not-empty.ts";
import { packPublished } from "../support/packages.ts";
import { runProgram } from "../support/program.ts";
import { createSigningKey } from "../support/tokens.ts";
import { createFolder } from "./create-folder.ts";
import { FRAMEWORKS, HOSTS } from "./hosts.ts";
import { type Finding, type KeyServer, observeHost, serveKeys } from "./observe-host.ts";
import { commandOf, RUNTIMES, type RunningHost, startOn, startWorkerd } from "./runtimes.ts";

const key = createSigningKey("ES256", "key-1");
let keys: KeyServer;
let folder: string;

beforeAll(async () => {
  await packPublished();
  folder = await createFolder();
  keys = await serveKeys(key);
});

afterAll(() => keys[Symbol.asyncDispose]());

describe.each(notEmpty([...HOSTS, ...FRAMEWORKS]))("$serves on $runtime", (host) => {
  let found: Readonly<Record<string, Finding>>;
  let said = "";

  beforeAll(async () => {
    await using running = await host.start({ jwksUri: keys.jwksUri }, folder);
    found = await observeHost(host, running, key).catch((cause: unknown) => {
      throw new Error(`${host.runtime} said\n${JSON.stringify(running.program.output())}`, { cause });
    });
    said = running.program.output().stderr;
  });

  test("has no error that reaches its standard error", () => {
    expect(said).not.toMatch(/uncaught|unexpected|error:/i);
  });

  describe.each(notEmpty(Object.entries(host.speaks)))("over HTTP/%s", (version, abilities) => {
    test("answers calls of every protocol and kind, and lets none around the gate", () => {
      const expected = casesFor(abilities).map(([name, { answer }]) => [name, answer]);
      expect(found[version]?.answers).toEqual(Object.fromEntries(expected));
    });

    test("ends a stream when its session is revoked", () => {
      expect(found[version]?.revoked).toBe("usr_ada:a SESSION_REVOKED");
    });

    test("ends a stream when its token expires", () => {
      expect(found[version]?.expired).toBe(EXPIRING.answer);
    });

    test("tells the handler that its client has left, which is no unexpected error", () => {
      expect(found[version]?.errors).toEqual([]);
    });
  });
});

test("listen refuses to start on Bun without TLS, and says what to do", async () => {
  const command = commandOf("Bun", join(folder, "on-listen.ts"), JSON.stringify({ jwksUri: keys.jwksUri }));
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
