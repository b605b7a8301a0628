import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RpcOptions } from "../../server/node/src/rpc-options.ts";
import { ask, connectRaw, readAll, serve } from "./serving.ts";

const SERVICE = "/countersign.demo.v1.NotesService";

const routes: RpcOptions["routes"] = (router) =>
  router.service(NotesService, {
    createNote: ({ title, body }) => {
      if (title === "throw") {
        throw new Error("a detail that is nobody's business");
      }
      return { title, body: String(body.length) };
    },
    async *watchNotes({ afterSequence }, ctx) {
      yield { sequence: afterSequence };
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      throw ctx.signal.reason;
    },
    async importNotes(requests) {
      let created = 0;
      for await (const { title } of requests) {
        if (title === "stop") {
          throw new ConnectError("enough", Code.InvalidArgument);
        }
        created += 1;
      }
      return { created };
    },
    async *syncNotes(requests) {
      for await (const { noteId } of requests) {
        yield { noteId };
      }
    },
  });

const TRANSPORTS: Readonly<Record<string, (baseUrl: string) => Transport>> = {
  gRPC: (baseUrl) => createGrpcTransport({ baseUrl }),
  "gRPC-Web over HTTP/2": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
  "gRPC-Web over HTTP/1.1": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "Connect over HTTP/2": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" }),
  "Connect over HTTP/1.1": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
};

async function* titles(...all: readonly string[]) {
  for (const title of all) {
    yield { title };
  }
}

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  return ConnectError.from(
    await call.then(
      () => "no error",
      (reason: unknown) => reason,
    ),
  );
}

for (const [name, createTransport] of Object.entries(TRANSPORTS)) {
  describe(`RPCs with ${name}`, () => {
    const isHttp1 = name.endsWith("1.1");
    const clientOf = (origin: string): Client<typeof NotesService> =>
      createClient(NotesService, createTransport(origin));

    it("answers calls of every kind", async () => {
      await using serving = await serve({ routes });
      const client = clientOf(serving.origin);
      expect((await client.createNote({ title: "a" })).title).toBe("a");
      expect((await client.importNotes(titles("a", "b"))).created).toBe(2);
      for await (const { sequence } of client.watchNotes({ afterSequence: 7n })) {
        expect(sequence).toBe(7n);
        break;
      }
      if (isHttp1) {
        return;
      }
      const acknowledged: string[] = [];
      async function* changes() {
        yield { noteId: "x" };
        yield { noteId: "y" };
      }
      for await (const { noteId } of client.syncNotes(changes())) {
        acknowledged.push(noteId);
      }
      expect(acknowledged).toEqual(["x", "y"]);
    });

    it("refuses a message that is too large, and says so", async () => {
      await using serving = await serve({ routes });
      const error = await errorOf(clientOf(serving.origin).createNote({ body: "x".repeat(5 * 1024 * 1024) }));
      expect(error.code).toBe(Code.ResourceExhausted);
    });

    it("tells the error of a handler that stopped reading", async () => {
      await using serving = await serve({ routes });
      const client = clientOf(serving.origin);
      for (let round = 0; round < 10; round += 1) {
        const error = await errorOf(client.importNotes(titles("stop", ...Array(500).fill("x".repeat(1000)))));
        expect(error.code).toBe(Code.InvalidArgument);
        expect(error.rawMessage).toBe("enough");
      }
    });

    it("keeps unexpected errors to itself", async () => {
      await using serving = await serve({ routes });
      const error = await errorOf(clientOf(serving.origin).createNote({ title: "throw" }));
      expect(error.code).toBe(Code.Internal);
      expect(error.rawMessage).toBe("internal error");
    });

    it("ends open streams with the reason of the shutdown", async () => {
      const shutdown = new AbortController();
      await using serving = await serve({ routes, shutdownSignal: shutdown.signal });
      const watch = async () => {
        for await (const _event of clientOf(serving.origin).watchNotes({})) {
          shutdown.abort(new ConnectError("the server is stopping", Code.Unavailable));
        }
      };
      const error = await errorOf(watch());
      expect(error.code).toBe(Code.Unavailable);
      expect(error.rawMessage).toBe("the server is stopping");
      await serving.listener.close(10_000);
    });
  });
}

describe("a request that does not arrive", () => {
  const path = `${SERVICE}/CreateNote`;
  const quick = { routes, arrivalTimeoutMs: 30 };

  it("is hung up on over HTTP/1.1", async () => {
    const errors: unknown[] = [];
    await using serving = await serve({ ...quick, onError: (error) => errors.push(error) });
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
    );
    expect(await answer).toBe("");
    expect(errors).toEqual([]);
  });

  it("is hung up on over HTTP/2, and its connection stays", async () => {
    const errors: unknown[] = [];
    await using serving = await serve({ ...quick, onError: (error) => errors.push(error) });
    const session = connectHttp2(serving.origin);
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
    stream.on("error", () => undefined).write(Buffer.alloc(3));
    await once(stream, "close");
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
    expect(session.destroyed).toBe(false);
    session.destroy();
    expect(errors).toEqual([]);
  });

  it("may take its time when it is a stream", async () => {
    await using serving = await serve(quick);
    const client = createClient(NotesService, createGrpcTransport({ baseUrl: serving.origin }));
    const patient = serve({ routes, arrivalTimeoutMs: 30 });
    async function* slowly() {
      yield { title: "a" };
      // Another request runs into the deadline in the meantime.
      await using other = await patient;
      const socket = await connectRaw(other.port);
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
      );
      await readAll(socket);
      yield { title: "b" };
    }
    expect((await client.importNotes(slowly())).created).toBe(2);
  });
});

describe("a deadline", () => {
  const path = `${SERVICE}/CreateNote`;

  it("of more time than a timer can run does not run out at once", async () => {
    const warnings: Error[] = [];
    const collect = (warning: Error): number => warnings.push(warning);
    process.on("warning", collect);
    await using serving = await serve({ routes });
    const deadlines = [
      { "content-type": "application/json", "connect-timeout-ms": "9999999999" },
      { "content-type": "application/grpc-web+json", "grpc-timeout": "99999999H" },
      { "content-type": "application/grpc-web+json", "grpc-timeout": "99999999S" },
    ];
    for (const headers of deadlines) {
      const body = headers["content-type"] === "application/json" ? "{}" : "\0\0\0\0\x02{}";
      const answer = await ask(serving.origin, { method: "POST", path, headers, body });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatch(/^\{"body":"0"\}$|grpc-status: 0/);
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", collect);
    expect(warnings).toEqual([]);
  });

  afterEach(() => void vi.useRealTimers());

  it("is kept when a timer can", async () => {
    const { promise: running, resolve } = Promise.withResolvers<AbortSignal>();
    await using serving = await serve({
      routes: (router) =>
        router.service(NotesService, {
          async *watchNotes(_, { signal }) {
            resolve(signal);
            yield {};
            if (!signal.aborted) {
              await once(signal, "abort");
            }
            throw signal.reason;
          },
        }),
    });
    // No client of gRPC: it would keep the deadline by itself.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const headers = { "content-type": "application/grpc-web+json", "grpc-timeout": "100m" };
    const body = "\0\0\0\0\x02{}";
    const answer = ask(serving.origin, { method: "POST", path: `${SERVICE}/WatchNotes`, headers, body });
    const signal = await running;
    vi.advanceTimersByTime(99);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    expect((await answer).body).toContain(`grpc-status: ${Code.DeadlineExceeded}`);
  });
});
