import { once } from "node:events";
import { createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { fromFunction, type Interruption, resumable } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { describe, expect, test } from "vitest";
import { type StreamServer, startStreamServer, tokenFor } from "../../gate/streams/stream-server.ts";
import { eventually } from "../../support/eventually.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

const CALLS = 50;
const STREAMS = 12;

/** A server whose calls wait until the test releases them, and whose streams send one message. */
async function startHeldServer() {
  const released = Promise.withResolvers<void>();
  let calls = 0;
  const server = await startStreamServer({
    async getNote({ id }) {
      calls += 1;
      await released.promise;
      return { id };
    },
    async *watchNotes({ afterSequence }, { signal }) {
      yield { sequence: afterSequence + 1n };
      await once(signal, "abort");
    },
  });
  return { server, calls: () => calls, release: () => released.resolve() };
}

function portOf({ baseUrl }: StreamServer): number {
  return Number(new URL(baseUrl).port);
}

const protocols = notEmpty(["grpc", "connect"] as const);

describe.each(protocols)("a server that is replaced under calls and streams over %s", (protocol) => {
  test("fails no call, and interrupts each stream once, without a wait", async () => {
    const [before, after] = await Promise.all([startHeldServer(), startHeldServer()]);
    await using _before = before.server;
    await using _after = after.server;
    let ports = [portOf(before.server)];
    await using proxy = await startTcpProxy(() => ports);
    const source = fromFunction(async () => tokenFor(60_000));
    const { baseUrl } = proxy;
    await using session = createSession({ baseUrl, source });
    const client = createClient(NotesService, createNodeTransport({ baseUrl, session, protocol }));
    const interruptions: Interruption[] = [];
    const stop = new AbortController();
    const received: bigint[][] = [];
    for (let index = 0; index < STREAMS; index += 1) {
      const seen: bigint[] = [];
      received.push(seen);
      void (async () => {
        const messages = resumable(client.watchNotes, {
          request: { afterSequence: 0n },
          resume: ({ sequence }) => ({ afterSequence: sequence }),
          callOptions: { signal: stop.signal },
          onInterruption: (interruption) => interruptions.push(interruption),
        });
        for await (const { sequence } of messages) {
          seen.push(sequence);
        }
      })().catch(() => undefined);
    }
    const calls = Array.from({ length: CALLS }, (_, index) => client.getNote({ id: String(index) }));
    await eventually(
      () => (before.calls() === CALLS && received.every(({ length }) => length === 1)) || undefined,
    );

    ports = [portOf(after.server)];
    const closed = before.server.close(30_000);
    const more = client.getNote({ id: "more" });
    await eventually(() => after.calls() === 1 || undefined);
    before.release();
    after.release();
    const notes = await Promise.all([...calls, more]);
    expect(notes.map(({ id }) => id)).toEqual([...Array(CALLS).keys(), "more"].map(String));
    await eventually(() => received.every(({ length }) => length === 2) || undefined);
    await closed;
    expect(received).toEqual(Array(STREAMS).fill([1n, 2n]));
    expect(interruptions.map(({ delayMs }) => delayMs)).toEqual(Array(STREAMS).fill(0));
    stop.abort();
  });
});
