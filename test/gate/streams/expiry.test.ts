import { once } from "node:events";
import { Code, ConnectError } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { describe, expect, test, vi } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { holdTime } from "../../support/fake-time.ts";
import { clientOf, PROTOCOLS } from "../../support/rpc.ts";
import { type StreamServer, startStreamServer, tokenFor } from "./stream-server.ts";

holdTime();

const LIFE_MS = 60_000;

/** Open a stream, let the life of its token pass, and tell the reason that it ended with. */
async function outlive(
  server: StreamServer,
  call: () => AsyncIterable<unknown> | Promise<unknown>,
): Promise<string | undefined> {
  const ended = reasonOf(call);
  await eventually(() => server.streams.size === 1 || undefined);
  vi.advanceTimersByTime(LIFE_MS - 10);
  expect(server.streams.size).toBe(1);
  vi.advanceTimersByTime(20);
  return await ended;
}

/** Run a call to its end, and tell the reason that it ended with. */
async function reasonOf(call: () => AsyncIterable<unknown> | Promise<unknown>): Promise<string | undefined> {
  try {
    const result = call();
    if (Symbol.asyncIterator in result) {
      for await (const _ of result) {
      }
    } else {
      await result;
    }
  } catch (error) {
    const wire = ConnectError.from(error);
    expect(wire.code).toBe(Code.Unauthenticated);
    return wire.findDetails(ErrorInfoSchema)[0]?.reason;
  }
  return undefined;
}

const forever = new Promise<never>(() => {});

for (const protocol of PROTOCOLS) {
  describe(`a stream over ${protocol} whose token expires`, () => {
    test("ends with STREAM_EXPIRED when it is idle, and its handler is told", async () => {
      const { promise: aborted, resolve } = Promise.withResolvers<unknown>();
      await using server = await startStreamServer({
        async *watchNotes(_, { signal }) {
          yield {};
          await once(signal, "abort");
          resolve(signal.reason);
        },
      });
      const client = clientOf(NotesService, { ...server, protocol, token: tokenFor(LIFE_MS) });
      expect(await outlive(server, () => client.watchNotes({}))).toBe("STREAM_EXPIRED");
      expect(await aborted).toMatchObject({ reason: "STREAM_EXPIRED" });
    });

    test("ends when its handler hangs", async () => {
      await using server = await startStreamServer({
        async *watchNotes() {
          yield {};
          await forever;
        },
      });
      const client = clientOf(NotesService, { ...server, protocol, token: tokenFor(LIFE_MS) });
      expect(await outlive(server, () => client.watchNotes({}))).toBe("STREAM_EXPIRED");
      expect(server.streams.size).toBe(0);
    });

    test("ends when its handler never says anything", async () => {
      await using server = await startStreamServer({
        // biome-ignore lint/correctness/useYield: a handler that has not come to its first message
        async *watchNotes() {
          await forever;
        },
      });
      const client = clientOf(NotesService, { ...server, protocol, token: tokenFor(LIFE_MS) });
      expect(await outlive(server, () => client.watchNotes({}))).toBe("STREAM_EXPIRED");
    });

    test("ends in the middle of messages", async () => {
      await using server = await startStreamServer({
        async *watchNotes() {
          for (;;) {
            yield {};
            await new Promise((resolve) => setImmediate(resolve));
          }
        },
      });
      const client = clientOf(NotesService, { ...server, protocol, token: tokenFor(LIFE_MS) });
      expect(await outlive(server, () => client.watchNotes({}))).toBe("STREAM_EXPIRED");
    });
  });
}

/** Requests without an end. */
async function* endless<T>(first: T): AsyncIterable<T> {
  yield first;
  await forever;
}

describe("a stream of requests over gRPC whose token expires", () => {
  test("ends when the client sends no more, for a client stream", async () => {
    await using server = await startStreamServer({
      async importNotes(requests) {
        let created = 0;
        for await (const _ of requests) {
          created += 1;
        }
        return { created };
      },
    });
    const client = clientOf(NotesService, { ...server, protocol: "grpc", token: tokenFor(LIFE_MS) });
    expect(await outlive(server, () => client.importNotes(endless({ title: "a" })))).toBe("STREAM_EXPIRED");
  });

  test("ends for both sides of a bidirectional stream", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await using server = await startStreamServer({
      async *syncNotes(requests) {
        try {
          for await (const { noteId } of requests) {
            yield { noteId };
          }
        } catch (error) {
          resolve(error);
        }
      },
    });
    const client = clientOf(NotesService, { ...server, protocol: "grpc", token: tokenFor(LIFE_MS) });
    expect(await outlive(server, () => client.syncNotes(endless({ noteId: "a" })))).toBe("STREAM_EXPIRED");
    expect(await promise).toMatchObject({ reason: "STREAM_EXPIRED" });
  });
});

describe("a stream whose handler does not heed its signal", () => {
  /** Open one, and let the signal of its call abort. */
  async function openHeedless(end: AbortController, timeoutMs?: number) {
    const reason = Promise.withResolvers<unknown>();
    const server = await startStreamServer(
      {
        async *watchNotes(_, { signal }) {
          signal.addEventListener("abort", () => reason.resolve(signal.reason));
          yield {};
          await forever;
        },
      },
      { shutdownSignal: end.signal },
    );
    const client = clientOf(NotesService, { ...server, protocol: "connect", token: tokenFor(LIFE_MS) });
    const headers = timeoutMs === undefined ? {} : { "connect-timeout-ms": String(timeoutMs) };
    const messages = client.watchNotes({}, { headers })[Symbol.asyncIterator]();
    await messages.next();
    return {
      server,
      reason: reason.promise,
      ended: messages.next(),
    };
  }

  test("ends with its session, though the time is over that its client waits", async () => {
    const { server, reason, ended } = await openHeedless(new AbortController(), 1_000);
    await using _server = server;
    vi.advanceTimersByTime(1_000);
    expect(await reason).toMatchObject({ code: Code.DeadlineExceeded });
    expect(server.streams.size).toBe(1);
    server.revoke("session-1");
    await expect(ended).rejects.toMatchObject({ code: Code.DeadlineExceeded });
    expect(server.streams.size).toBe(0);
  });

  test("ends with its token, though the server shuts down", async () => {
    const shutdown = new AbortController();
    const { server, reason, ended } = await openHeedless(shutdown);
    await using _server = server;
    shutdown.abort(new ConnectError("it shuts down", Code.Unavailable));
    expect(await reason).toMatchObject({ code: Code.Unavailable });
    vi.advanceTimersByTime(LIFE_MS);
    await expect(ended).rejects.toMatchObject({ code: Code.Unavailable });
    expect(server.streams.size).toBe(0);
  });
});
