import { Code } from "@connectrpc/connect";
import { resumable } from "@countersign/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import {
  collect,
  LIVES,
  RUN_MS,
  renewalsSeen,
  runImport,
  runSync,
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

/** The streams that are open at the same time. */
const RUNS = 4;

describe(`streams over ${LIVES} lives of their token`, { timeout: RUN_MS + 60_000 }, () => {
  describe.concurrent("all at once", () => {
    for (const way of ["grpc", "web"] as const) {
      test(`of messages from the server go on without a gap, over ${way}`, async () => {
        await using client = await signInSession(server.baseUrl);
        const { written, seen, end } = await runWatch(client[way], client.grpc);
        expect(end).toMatchObject({ code: Code.Canceled });
        expect(written.length).toBeGreaterThan(RUN_MS / 1000);
        // The other runs write to the same account: what this one wrote must be there, once and in order.
        expect(seen.filter((own) => written.includes(own))).toEqual(written);
        expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => (a < b ? -1 : 1)));
      });
    }

    test("of messages from the client end with all of them", async () => {
      await using client = await signInSession(server.baseUrl);
      const { sent, created } = await runImport(client.grpc);
      expect(created).toBe(sent);
      expect(sent).toBeGreaterThan(RUN_MS / 1000);
    });

    test("of messages both ways acknowledge every one", async () => {
      await using client = await signInSession(server.baseUrl);
      const { sent, seen } = await runSync(client.grpc);
      expect(seen).toHaveLength(sent);
    });
  });

  test("were renewed by the server in every one of them", async () => {
    expect(await renewalsSeen([server])).toBeGreaterThanOrEqual(RUNS * (LIVES - 1));
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
  const before = await writeNotes(grpc, 500);
  await eventually(() => seen.length === before.length || undefined);

  await first.program.end("SIGKILL");
  const { port } = new URL(first.baseUrl);
  await using _second = await startServer({
    dataDir: first.dataDir,
    env: { COUNTERSIGN_PORT: port },
  });
  const after = await writeNotes(grpc, 500);
  await eventually(() => seen.length >= before.length + after.length || undefined);
  await events.return?.();
  await ended;

  expect(seen).toEqual([...before, ...after]);
  expect(interruptions.length).toBeGreaterThan(0);
});
