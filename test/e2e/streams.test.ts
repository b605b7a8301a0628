import { setTimeout as pause } from "node:timers/promises";
import { type Client, Code, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { resumable } from "@countersign/sdk";
import { createNodeTransport, createSession, type Session } from "@countersign/sdk/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { DEMO_ACCOUNT, type ServerProcess, startServer } from "../support/server-process.ts";

/** How many lives of a token a stream must outlast, and how long one is. A full run takes 50 of 2 seconds. */
const LIVES = Number(process.env.STREAM_LIVES ?? 4);
const LIFE_MS = Number(process.env.STREAM_LIFE_MS ?? 4000);
const RUN_MS = LIVES * LIFE_MS;

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer({
    env: { COUNTERSIGN_ACCESS_TTL: `${LIFE_MS}ms`, COUNTERSIGN_CLOCK_TOLERANCE: "0s" },
  });
});
afterAll(() => server?.[Symbol.asyncDispose]());

type Notes = Client<typeof NotesService>;

/** Sign in, and make the two clients of a session: gRPC, and gRPC-Web over fetch. */
async function signIn(baseUrl: string): Promise<{ session: Session; grpc: Notes; web: Notes }> {
  const session = createSession({ baseUrl });
  await session.signIn(DEMO_ACCOUNT);
  const { interceptor } = session;
  return {
    session,
    grpc: createClient(NotesService, createNodeTransport({ baseUrl, session })),
    web: createClient(NotesService, createGrpcWebTransport({ baseUrl, interceptors: [interceptor] })),
  };
}

/** Write a note every 100 ms for as long as a run takes. @returns their sequences */
async function writeNotes(notes: Notes, runMs = RUN_MS): Promise<bigint[]> {
  const sequences: bigint[] = [];
  for (const endMs = Date.now() + runMs; Date.now() < endMs; await pause(100)) {
    sequences.push((await notes.createNote({ title: "tick" })).sequence);
  }
  return sequences;
}

/** What a stream has brought so far. */
interface Collected {
  readonly seen: readonly bigint[];
  /** Settled when the stream ends. */
  readonly ended: Promise<void>;
}

/** Read a stream behind the test, up to its end. */
function collect(events: AsyncIterable<{ readonly sequence: bigint }>): Collected {
  const seen: bigint[] = [];
  const read = async (): Promise<void> => {
    for await (const { sequence } of events) seen.push(sequence);
  };
  return { seen, ended: read() };
}

describe.concurrent(`a stream over ${LIVES} lives of its token`, { timeout: RUN_MS + 60_000 }, () => {
  for (const way of ["grpc", "web"] as const) {
    test(`of messages from the server goes on without a gap, over ${way}`, async () => {
      const client = await signIn(server.baseUrl);
      await using _ = client.session;
      const stop = new AbortController();
      const { sequence } = await client.grpc.createNote({ title: "start" });
      const watch = client[way].watchNotes({ afterSequence: sequence }, { signal: stop.signal });
      const { seen, ended } = collect(watch);
      const ending = expect(ended).rejects.toMatchObject({ code: Code.Canceled });
      const written = await writeNotes(client.grpc);
      await eventually(() => written.every((own) => seen.includes(own)) || undefined);
      stop.abort();
      await ending;
      // The other runs write to the same account: what this one wrote must be there, once and in order.
      expect(seen.filter((own) => written.includes(own))).toEqual(written);
      expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => (a < b ? -1 : 1)));
    });
  }

  test("of messages from the client ends with all of them", async () => {
    const { session, grpc } = await signIn(server.baseUrl);
    await using _ = session;
    let sent = 0;
    async function* titles() {
      for (const endMs = Date.now() + RUN_MS; Date.now() < endMs; await pause(200)) {
        sent += 1;
        yield { title: `imported ${sent}` };
      }
    }
    const { created } = await grpc.importNotes(titles());
    expect(created).toBe(sent);
    expect(sent).toBeGreaterThan(RUN_MS / 1000);
  });

  test("of messages both ways acknowledges every one", async () => {
    const { session, grpc } = await signIn(server.baseUrl);
    await using _ = session;
    const { id } = await grpc.createNote({ title: "both ways" });
    let sent = 0;
    async function* bodies() {
      for (const endMs = Date.now() + RUN_MS; Date.now() < endMs; await pause(200)) {
        sent += 1;
        yield { noteId: id, body: `version ${sent}` };
      }
    }
    const { seen, ended } = collect(grpc.syncNotes(bodies()));
    await ended;
    expect(seen).toHaveLength(sent);
    expect((await grpc.getNote({ id })).body).toBe(`version ${sent}`);
  });
});

test("resumable goes on over a killed server without a gap and without a repetition", async () => {
  await using first = await startServer();
  const { session, grpc } = await signIn(first.baseUrl);
  await using _ = session;
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
