import { Code, createClient } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { resumable } from "@countersign/sdk";
import { dpop } from "@countersign/sdk/dpop";
import { createMemoryStore, createNodeTransport } from "@countersign/sdk/node";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { describeStreams, LEAST_RENEWALS } from "../support/stream-cases.ts";
import {
  collect,
  renewalsSeen,
  runWatch,
  SHORT_LIVES,
  signInSession,
  writeNotes,
} from "../support/stream-runs.ts";

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer({ env: SHORT_LIVES });
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe("on one server", () => {
  describeStreams(() => server.baseUrl);

  test.concurrent("a session of bound tokens calls, streams over their lives, refreshes and signs out", async () => {
    const { baseUrl } = server;
    const store = createMemoryStore();
    await using client = await signInSession(baseUrl, { dpop: dpop(), store });
    const { session } = client;
    const sessions = createClient(SessionService, createNodeTransport({ baseUrl, session }));
    const first = await session.token();
    const { cnf } = decodeJwt(first);
    expect(cnf).toEqual({ jkt: expect.stringMatching(/^[\w-]{43}$/) });
    expect(await store.read()).toMatchObject({ tokenType: "DPoP" });
    expect(await sessions.whoAmI({})).toMatchObject({ binding: "dpop" });

    const { written, seen, end } = await runWatch(client, "grpc");
    expect(end).toMatchObject({ code: Code.Canceled });
    // The other runs write to the same account.
    expect(seen.filter((own) => written.includes(own))).toEqual(written);

    expect(decodeJwt(await session.token())).toMatchObject({ cnf });
    expect(await session.token()).not.toBe(first);
    expect(await session.signOut()).toEqual({ revoked: true });
  });

  test("streams are renewed in every life of their token", async () => {
    expect(await renewalsSeen([server])).toBeGreaterThanOrEqual(LEAST_RENEWALS);
  });
});

test("resumable goes on over a killed server without a gap and without a repetition", async () => {
  await using first = await startServer();
  await using client = await signInSession(first.baseUrl);
  const { grpc } = client;
  const interruptions: string[] = [];
  const events = resumable(grpc.watchNotes, {
    request: { afterSequence: 0n },
    resume: (last) => ({ afterSequence: last.sequence }),
    onInterruption: ({ error }) => interruptions.push(error.message),
  });
  const { seen, ended } = collect(events);
  const before = await writeNotes(grpc, (written) => written === 5);
  await eventually(() => seen.length === before.length || undefined);

  await first.program.end("SIGKILL");
  const { port } = new URL(first.baseUrl);
  await using _second = await startServer({
    dataDir: first.dataDir,
    env: { COUNTERSIGN_PORT: port },
  });
  const after = await writeNotes(grpc, (written) => written === 5);
  await eventually(() => seen.length >= before.length + after.length || undefined);
  await events.return?.();
  await ended;

  expect(seen).toEqual([...before, ...after]);
  expect(interruptions.length).toBeGreaterThan(0);
});
