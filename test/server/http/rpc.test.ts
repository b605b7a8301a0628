import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import type { RpcOptions } from "../../../server/src/http/rpc-handler.ts";
import { ask, connectRaw, readAll, serve } from "./serving.ts";

const SERVICE = "/countersign.demo.v1.NotesService";

const routes: RpcOptions["routes"] = (router) =>
  router.service(NotesService, {
    createNote: ({ title, body }) => {
      if (title === "throw") throw new Error("a detail that is nobody's business");
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
        if (title === "stop") throw new ConnectError("enough", Code.InvalidArgument);
        created += 1;
      }
      return { created };
    },
    async *syncNotes(requests) {
      for await (const { noteId } of requests) yield { noteId };
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
  for (const title of all) yield { title };
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
      if (isHttp1) return;
      const acknowledged: string[] = [];
      async function* changes() {
        yield { noteId: "x" };
        yield { noteId: "y" };
      }
      for await (const { noteId } of client.syncNotes(changes())) acknowledged.push(noteId);
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

describe("a request that is not well-formed", () => {
  const targets = ["//evil.example/x", "*", "http://a/", "no-slash"];
  for (const target of targets) {
    for (const method of ["GET", "OPTIONS"]) {
      it(`is answered with 400 (${method} ${target})`, async () => {
        await using serving = await serve({ routes });
        expect((await ask(serving.origin, { method, path: target })).status).toBe(400);
        expect((await ask(serving.origin, { path: "/" })).status).toBe(404);
      });
    }
  }

  for (const host of ["a b", "[", "a:99999", "a/b@c"]) {
    it(`is answered with 400 (Host: ${host})`, async () => {
      await using serving = await serve({ routes });
      const path = `${SERVICE}/CreateNote`;
      const headers = { host, "content-type": "application/json" };
      expect((await ask(serving.origin, { method: "POST", path, headers, body: "{}" })).status).toBe(400);
    });
  }

  const raw = [
    "POST / HTTP/1.1\r\n\r\n",
    "\0\0\0\0\r\n\r\n",
    "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  ];
  for (const bytes of raw) {
    it(`is answered with 400 (${JSON.stringify(bytes).slice(0, 60)})`, async () => {
      await using serving = await serve({ routes });
      const socket = await connectRaw(serving.port);
      const answer = readAll(socket);
      socket.end(bytes);
      expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
    });
  }
});

describe("a call that is not an RPC", () => {
  const path = `${SERVICE}/CreateNote`;
  const calls = [
    { name: "an unknown method", options: { method: "POST", path: `${SERVICE}/Nothing` }, status: 404 },
    { name: "an escaped name", options: { method: "POST", path: `${SERVICE}/Create%4eote` }, status: 404 },
    { name: "GET of a method with side effects", options: { method: "GET", path }, status: 405 },
    {
      name: "an unknown media type",
      options: { method: "POST", path, headers: { "content-type": "text/html" } },
      status: 415,
    },
    {
      name: "no body at all",
      options: { method: "POST", path, headers: { "content-type": "application/json" } },
      status: 400,
    },
  ];
  for (const { name, options, status } of calls) {
    it(`is answered with ${status} (${name})`, async () => {
      await using serving = await serve({ routes });
      expect((await ask(serving.origin, options)).status).toBe(status);
    });
  }

  it("is answered with JSON when nothing is there", async () => {
    await using serving = await serve({ routes });
    const { headers, body } = await ask(serving.origin, { path: "/nothing" });
    expect(headers["content-type"]).toBe("application/json");
    expect(JSON.parse(body)).toEqual({ error: "not found" });
  });

  it("is answered with 500, and told to onError, when something breaks outside of a call", async () => {
    const failure = new Error("broken");
    const told: unknown[] = [];
    const contextValues = () => {
      throw failure;
    };
    await using serving = await serve({ routes, contextValues, onError: (error) => told.push(error) });
    const headers = { "content-type": "application/json" };
    const answer = await ask(serving.origin, { method: "POST", path, headers, body: "{}" });
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain("broken");
    expect(told).toEqual([failure]);
  });
});
