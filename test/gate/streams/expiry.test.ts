import { once } from "node:events";
import { connect } from "node:http2";
import { Socket } from "node:net";
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

describe("a client that stopped reading", () => {
  const frame = Buffer.from([0, 0, 0, 0, 0]);

  /** How long a client has to read how its stream ended, in milliseconds. */
  const GRACE_MS = 5_000;

  /** Let the stream that is being opened come to the end of its token. */
  async function pastTheEnd(server: StreamServer): Promise<void> {
    await eventually(() => server.streams.size === 1 || undefined);
    vi.advanceTimersByTime(LIFE_MS + 10);
  }

  /** Send more than any buffer takes. */
  async function* flood() {
    for (;;) {
      yield { note: { body: "x".repeat(60_000) } };
    }
  }

  test("is cut off over HTTP/2 five seconds after the end", async () => {
    await using server = await startStreamServer({ watchNotes: flood });
    const session = connect(server.baseUrl);
    const stream = session.request({
      ":method": "POST",
      ":path": "/countersign.demo.v1.NotesService/WatchNotes",
      "content-type": "application/grpc+proto",
      authorization: `Bearer ${tokenFor(LIFE_MS)}`,
    });
    stream.on("error", () => {});
    stream.end(frame);
    stream.pause();
    await pastTheEnd(server);
    vi.advanceTimersByTime(GRACE_MS - 100);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.rstCode).toBe(0);
    vi.advanceTimersByTime(100);
    // What is not read holds back the events; the code of the reset is there at once.
    expect(await eventually(() => stream.rstCode || undefined)).toBe(8);
    session.destroy();
  });

  test("is cut off over HTTP/1.1 five seconds after the end", async () => {
    await using server = await startStreamServer({ watchNotes: flood });
    const { hostname, port } = new URL(server.baseUrl);
    const socket = new Socket();
    socket.on("error", () => {});
    socket.connect(Number(port), hostname);
    socket.pause();
    const head = [
      "POST /countersign.demo.v1.NotesService/WatchNotes HTTP/1.1",
      `host: ${hostname}:${port}`,
      "content-type: application/grpc-web+proto",
      `authorization: Bearer ${tokenFor(LIFE_MS)}`,
      "content-length: 5",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    socket.write(frame);
    await pastTheEnd(server);
    vi.advanceTimersByTime(GRACE_MS);
    // What is not read is not seen to close; but what is written is refused then.
    const refusal = await eventually(() => {
      socket.write("\r\n");
      return socket.errored ?? undefined;
    });
    expect(refusal).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) });
  });
});
