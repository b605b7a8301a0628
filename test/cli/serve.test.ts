import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "@countersign/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ReflectionV1Alpha } from "@countersign/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { notEmpty } from "../support/not-empty.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";
import { recordingTerminal } from "./recording-terminal.ts";
import { type RunningCommand, startCommand } from "./running-command.ts";

const ACCOUNT = { username: "ada", password: "correct horse battery staple" };
const RIGHTS = ["--scope", "notes:read", "--scope", "notes:write", "--role", "admin"];
const SERVED = [
  "countersign.auth.v1.SessionService",
  "countersign.auth.v1.SignalService",
  "countersign.auth.v1.StreamService",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];
const DEMO = "countersign.demo.v1.NotesService";
const TRIALS = "countersign.demo.v1.TrialService";

let folder: TemporaryFolder;
let server: RunningCommand;
let token: string;

beforeAll(async () => {
  folder = await createTemporaryFolder();
  const env = { COUNTERSIGN_DATA_DIR: folder.path };
  const terminal = recordingTerminal({ env, input: ACCOUNT.password });
  expect(await runCommand(["user", "add", ACCOUNT.username, "--create", ...RIGHTS], terminal)).toBe(0);
  server = await startCommand(["serve", "--audience", "billing"], { dataDir: folder.path });
  token = (await signIn(server.baseUrl, ACCOUNT)).accessToken;
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** List what a server says that it serves. */
async function listServices(
  baseUrl: string,
  accessToken?: string,
  service: typeof ServerReflection = ServerReflection,
): Promise<readonly string[]> {
  const own = accessToken === undefined ? {} : { token: accessToken };
  const client = clientOf(service, { baseUrl, protocol: "grpc", ...own });
  const question = { case: "listServices" as const, value: "" };
  async function* requests() {
    yield { messageRequest: question };
  }
  for await (const { messageResponse } of client.serverReflectionInfo(requests())) {
    if (messageResponse.case === "listServicesResponse") {
      return messageResponse.value.service.map(({ name }) => name).sort();
    }
  }
  throw new Error("reflection did not answer");
}

/** List the services of what `countersign policy` prints. */
async function listPolicies(...args: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const terminal = recordingTerminal();
  expect(await runCommand(["policy", "--json", ...args], terminal)).toBe(0);
  const entries: readonly { readonly method: string; readonly access: string }[] = JSON.parse(
    terminal.printed.join("\n"),
  );
  return new Map(entries.map(({ method, access }) => [method, access]));
}

function servicesOf(policies: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...policies.keys()].map((method) => method.split("/")[0] ?? ""))].sort();
}

async function codeOf(call: () => Promise<unknown>): Promise<Code | undefined> {
  return await call().then(
    () => undefined,
    (error: unknown) => ConnectError.from(error).code,
  );
}

describe("countersign serve", () => {
  test("serves sessions, renewals, health and reflection, and nothing of the demo", async () => {
    expect(await listServices(server.baseUrl, token)).toEqual(SERVED);
    // Both versions have the same shape.
    const alpha = ReflectionV1Alpha as unknown as typeof ServerReflection;
    expect(await listServices(server.baseUrl, token, alpha)).toEqual(SERVED);
  });

  test.each(notEmpty(NotesService.methods.map((method: DescMethod) => method.name)))(
    "answers the demo's %s as any other path that it does not know",
    async (name) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const [ours, unknown] = await Promise.all(
        [`/${DEMO}/${name}`, "/some.other.Service/Method"].map(async (path) => {
          const response = await fetch(`${server.baseUrl}${path}`, { method: "POST", headers, body: "{}" });
          return { status: response.status, text: await response.text() };
        }),
      );
      expect(ours).toEqual(unknown);
      expect(ours?.status).toBe(404);
    },
  );

  test("says of the demo's service that it is not there, also where health and pages are asked for", async () => {
    const health = clientOf(Health, { baseUrl: server.baseUrl, protocol: "grpc" });
    expect(await codeOf(() => health.check({ service: DEMO }))).toBe(Code.NotFound);
    expect(await codeOf(() => health.check({ service: "countersign.auth.v1.SessionService" }))).toBe(
      undefined,
    );
    const notes = clientOf(NotesService, { baseUrl: server.baseUrl, protocol: "grpc", token });
    expect(await codeOf(() => notes.listNotes({}))).toBe(Code.Unimplemented);
    expect((await fetch(server.baseUrl)).status).toBe(404);
  });

  test("tells nobody without a token what it serves", async () => {
    expect(await codeOf(() => listServices(server.baseUrl))).toBe(Code.Unauthenticated);
  });

  test("is what countersign policy prints without options", async () => {
    const policies = await listPolicies();
    expect(servicesOf(policies)).toEqual(SERVED);
    expect(policies.get("grpc.reflection.v1.ServerReflection/ServerReflectionInfo")).toBe("authenticated");
  });

  test("issues tokens for the audience that it was given", () => {
    expect(decodeJwt(token).aud).toBe("billing");
  });

  test("warns of the demo's accounts where the demo has run, as long as their passwords are known", async () => {
    await using dir = await createTemporaryFolder();
    const dataDir = dir.path;
    await (await startCommand(["demo"], { dataDir }))[Symbol.asyncDispose]();
    const warned = async (): Promise<readonly string[]> => {
      const args = ["serve", "--audience", "countersign-demo"];
      await using running = await startCommand(args, { dataDir });
      return running.terminal.warned.filter((line) => line.includes("everyone knows their passwords"));
    };
    const change = (args: readonly string[], input = "") =>
      runCommand(args, recordingTerminal({ env: { COUNTERSIGN_DATA_DIR: dataDir }, input }));
    expect(await warned()).toEqual([expect.stringContaining('"accounts":["demo","admin"]')]);
    await change(["user", "passwd", "demo"], "another horse");
    expect(await warned()).toEqual([expect.stringContaining('"accounts":["admin"]')]);
    await change(["user", "disable", "admin"]);
    expect(await warned()).toEqual([]);
  });
});

describe("countersign serve without an audience", () => {
  const ways: Readonly<Record<string, readonly string[]>> = {
    "one process": ["serve"],
    "several processes": ["serve", "--workers", "2"],
  };
  for (const [what, args] of Object.entries(ways)) {
    test(`does not start as ${what}, and names the one that it had so far`, async () => {
      await using dir = await createTemporaryFolder();
      for (const env of [{}, { COUNTERSIGN_AUDIENCE: "" }]) {
        const ports = { COUNTERSIGN_PORT: "0", COUNTERSIGN_ADMIN_PORT: "0" };
        const terminal = recordingTerminal({ env: { ...ports, COUNTERSIGN_DATA_DIR: dir.path, ...env } });
        expect(await runCommand(args, terminal)).toBe(2);
        expect(terminal.warned).toEqual([
          "countersign serve: --audience is missing: name the API that the tokens are for, such as " +
            "https://api.example.com. A server that ran without --audience before keeps its tokens valid with " +
            "--audience countersign-demo; see countersign serve --help",
        ]);
      }
    });
  }

  test("takes it from the environment", async () => {
    await using dir = await createTemporaryFolder();
    const env = { COUNTERSIGN_AUDIENCE: "billing" };
    await using running = await startCommand(["serve"], { dataDir: dir.path, env });
    expect((await fetch(`${running.baseUrl}/.well-known/jwks.json`)).status).toBe(200);
  });
});

describe("countersign demo", () => {
  test("serves its notes, and reflection for everyone, as countersign policy --demo prints", async () => {
    await using dir = await createTemporaryFolder();
    await using demo = await startCommand(["demo"], { dataDir: dir.path });
    const policies = await listPolicies("--demo");
    expect(await listServices(demo.baseUrl)).toEqual([...SERVED, DEMO, TRIALS].sort());
    expect(servicesOf(policies)).toEqual([...SERVED, DEMO, TRIALS].sort());
    expect(policies.get("grpc.reflection.v1.ServerReflection/ServerReflectionInfo")).toBe("public");
    const { accessToken } = await signIn(demo.baseUrl);
    expect(decodeJwt(accessToken).aud).toBe("countersign-demo");
  });

  test("shows its own defaults in its help", async () => {
    const terminal = recordingTerminal();
    await runCommand(["demo", "--help"], terminal);
    const help = terminal.printed.join("\n");
    expect(help).toMatch(/--audience NAME .* Default: countersign-demo\./);
    expect(help).toMatch(/--log-level LEVEL .* Default: warn\./);
  });
});
