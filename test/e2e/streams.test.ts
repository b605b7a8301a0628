import { resumable } from "@countersign/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { describeStreams, LEAST_RENEWALS } from "../support/stream-cases.ts";
import { collect, renewalsSeen, SHORT_LIVES, signInSession, writeNotes } from "../support/stream-runs.ts";

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer({ env: SHORT_LIVES });
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe("on one server", () => {
  describeStreams(() => server.baseUrl);

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
