import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type IncomingHttpHeaders,
} from "node:http2";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { serveClosedGate } from "../closed-gate.ts";
import { serve } from "../serving.ts";

const BODY_BYTES = 8 * 1024 * 1024;
const MAX_BYTES_READ = 96 * 1024;

interface Upload {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
}

function openCall(session: ClientHttp2Session, rpc: string, contentType: string): ClientHttp2Stream {
  return session.request({
    ":method": "POST",
    ":path": `/countersign.demo.v1.NotesService/${rpc}`,
    "content-type": contentType,
  });
}

/** Upload as fast as the server takes it, until it ends the stream. */
async function uploadOverHttp2(session: ClientHttp2Session, contentType: string): Promise<Upload> {
  const rpc = contentType === "application/connect+proto" ? "ImportNotes" : "CreateNote";
  const stream = openCall(session, rpc, contentType);
  const trailers = Promise.race([once(stream, "trailers"), once(stream, "close")]);
  stream.end(Buffer.alloc(BODY_BYTES));
  stream.on("error", () => undefined).resume();
  const [headers] = await once(stream, "response");
  const [trailer] = await trailers;
  if (!stream.closed) {
    await once(stream, "close");
  }
  expect(stream.rstCode).toBe(0);
  // A round trip, so that whatever was on its way has arrived.
  await new Promise((resolve) => session.ping(resolve));
  return { headers, trailers: trailer ?? {} };
}

describe("a rejected call over HTTP/2", () => {
  it.each([
    { rpc: "CreateNote", contentType: "application/json", unaryFastPath: true },
    { rpc: "CreateNote", contentType: "application/json", unaryFastPath: false },
    { rpc: "ImportNotes", contentType: "application/connect+json", unaryFastPath: true },
  ])(
    "has been answered whole before the stream is reset, which some callers would take for the answer: $rpc, fast path: $unaryFastPath",
    async ({ rpc, contentType, unaryFastPath }) => {
      await using serving = await serveClosedGate(unaryFastPath);
      const session = connectHttp2(serving.origin);
      const stream = openCall(session, rpc, contentType);
      stream.on("error", () => undefined).resume();
      stream.write(Buffer.alloc(BODY_BYTES));
      await once(stream, "end");
      // A reset that came with the answer would be read with it, in one of the next turns.
      for (let turns = 0; turns < 5; turns++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(stream.closed).toBe(false);
      await once(stream, "close");
      expect(stream.rstCode).toBe(0);
      session.destroy();
    },
  );

  it("is forgotten with what arrived of it, so that it does not hold the connection open", async () => {
    await using serving = await serveClosedGate();
    const session = connectHttp2(serving.origin);
    const stream = openCall(session, "CreateNote", "application/json");
    stream.on("error", () => undefined).resume();
    stream.end(Buffer.alloc(1024));
    await once(stream, "close");
    await eventually(() => serving.streams.every(({ destroyed }) => destroyed) || undefined);
    session.destroy();
  });

  for (const contentType of [
    "application/grpc",
    "application/grpc-web+proto",
    "application/connect+proto",
    "application/proto",
  ]) {
    it.each([true, false])(
      `costs at most 96 KiB of an 8 MiB body (${contentType}, fast path: %s)`,
      async (unaryFastPath) => {
        await using serving = await serveClosedGate(unaryFastPath);
        const session = connectHttp2(serving.origin);
        const { headers, trailers } = await uploadOverHttp2(session, contentType);
        if (contentType === "application/proto") {
          expect(headers[":status"]).toBe(401);
        } else {
          expect(headers[":status"]).toBe(200);
        }
        if (contentType === "application/grpc") {
          expect(trailers["grpc-status"]).toBe("16");
        }
        expect(serving.bytesRead()).toBeGreaterThan(0);
        expect(serving.bytesRead()).toBeLessThanOrEqual(MAX_BYTES_READ);
        session.destroy();
      },
    );
  }

  it.each([true, false])(
    "holds no connection open whose caller has left, when it was too large (fast path: %s)",
    async (unaryFastPath) => {
      await using serving = await serve({
        unaryFastPath,
        routes: (router) => router.service(NotesService, {}),
      });
      const session = connectHttp2(serving.origin);
      await uploadOverHttp2(session, "application/grpc");
      session.destroy();
      // It waits for connections that are still there, and for longer than this test may take.
      await serving.listener.close(60_000);
    },
  );

  it("is reset behind its answer when a handler stopped reading, so that it does not stay open", async () => {
    await using serving = await serve({
      routes: (router) =>
        router.service(NotesService, {
          async importNotes(requests) {
            for await (const _request of requests) {
              throw new ConnectError("enough", Code.InvalidArgument);
            }
            return {};
          },
        }),
    });
    const session = connectHttp2(serving.origin);
    const stream = openCall(session, "ImportNotes", "application/grpc").resume();
    const trailers = once(stream, "trailers");
    // One empty message, and no end.
    stream.write(Buffer.alloc(5));
    expect((await trailers)[0]["grpc-status"]).toBe("3");
    await once(stream, "close");
    expect(stream.rstCode).toBe(0);
    session.destroy();
  });

  const transports = {
    "gRPC over HTTP/2": (baseUrl: string) => createGrpcTransport({ baseUrl }),
    "gRPC-Web over HTTP/2": (baseUrl: string) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
    "gRPC-Web over HTTP/1.1": (baseUrl: string) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
    "Connect over HTTP/2": (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "2" }),
    "Connect over HTTP/1.1": (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  };
  for (const [name, createTransport] of Object.entries(transports)) {
    it(`tells the caller why, every time (${name})`, async () => {
      await using serving = await serveClosedGate();
      const client = createClient(NotesService, createTransport(serving.origin));
      for (let round = 0; round < 20; round += 1) {
        const call = client.createNote({ title: "a", body: "x".repeat(300_000) });
        const error = await call.then(
          () => undefined,
          (reason: unknown) => ConnectError.from(reason),
        );
        expect(error?.code).toBe(Code.Unauthenticated);
        expect(error?.rawMessage).toBe("no token was sent");
      }
    });
  }
});
