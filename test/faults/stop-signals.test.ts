import { once } from "node:events";
import { type ClientRequest, request } from "node:http";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const AUDIENCE = ["--audience", "notes"];

/** Begin a call that is in flight until its body is sent. */
async function callWithoutBody(baseUrl: string): Promise<ClientRequest> {
  const headers = { "content-type": "application/x-www-form-urlencoded", expect: "100-continue" };
  const call = request(`${baseUrl}/oauth2/token`, { method: "POST", headers });
  call.flushHeaders();
  await once(call, "continue");
  return call;
}

test("the workers end gracefully with the process that started them, also when their whole group gets the signal", async () => {
  await using dir = await createTemporaryFolder();
  const args = [...AUDIENCE, "--workers", "2"];
  await using ending = await startServer({ command: "serve", args, dataDir: dir.path });
  const found = [...ending.program.output().stderr.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
  const call = await callWithoutBody(ending.baseUrl);
  const answered = once(call, "response");
  const ended = ending.program.end("SIGTERM");
  const [, admin] = await ending.program.untilPrinted(/admin (http:\S+)\)/);
  // Not ready any more: it has passed the signal on.
  await eventually(async () => (await fetch(`${admin}/readyz`)).status === 503 || undefined);
  // The one without a call may be gone already.
  found.filter(isAlive).forEach((pid) => void process.kill(pid, "SIGTERM"));
  call.end("grant_type=none");
  const [answer] = await answered;
  expect(answer.statusCode).toBe(400);
  answer.resume();
  expect((await ended).code).toBe(0);
  expect(found.filter(isAlive)).toEqual([]);
});

test("a second signal ends a server at once that waits for a call", async () => {
  await using dir = await createTemporaryFolder();
  await using server = await startServer({ command: "serve", args: AUDIENCE, dataDir: dir.path });
  const stopping = server.program;
  const call = await callWithoutBody(server.baseUrl);
  const broken = once(call, "error");
  const ended = stopping.end("SIGTERM");
  await eventually(() => /"stopping: calls in flight may end"/.test(stopping.output().stderr) || undefined);
  await stopping.end("SIGINT");
  expect((await ended).code).toBeUndefined();
  await broken;
});

test("no worker outlives the process that started it", async () => {
  await using dir = await createTemporaryFolder();
  const args = [...AUDIENCE, "--workers", "2"];
  await using ending = await startServer({ command: "serve", args, dataDir: dir.path });
  const found = [...ending.program.output().stderr.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
  await ending.program.end("SIGKILL");
  await eventually(() => (found.some(isAlive) ? undefined : true));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
