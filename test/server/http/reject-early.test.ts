import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { buildRequestListener } from "../../../server/src/http/build-server.ts";
import {
  type HttpRequest,
  type HttpResponse,
  isHttp2Request,
  type StreamHandler,
} from "../../../server/src/http/handler.ts";
import { eventually } from "../../support/eventually.ts";
import { connectRaw, readAll, type Serving, serve, serveHandler } from "./serving.ts";

const BODY_BYTES = 8 * 1024 * 1024;
const MAX_BYTES_READ = 96 * 1024;

interface ClosedGate extends Serving {
  /** What the server took off the wire of the last connection. */
  readonly bytesRead: () => number;
  /** How many requests it saw. */
  readonly requests: () => number;
  /** The streams of HTTP/2 that it saw. */
  readonly streams: readonly ServerHttp2Stream[];
}

/** Serve notes behind a gate that lets nobody in. */
async function serveClosedGate(unaryFastPath = true): Promise<ClosedGate> {
  let requests = 0;
  let socket: Pick<Socket, "bytesRead"> | undefined;
  const streams: ServerHttp2Stream[] = [];
  const handler = buildRequestListener({
    routes: (router) => router.service(NotesService, {}),
    requestGate: async () => {
      await Promise.resolve();
      throw new ConnectError("no token was sent", Code.Unauthenticated);
    },
    interceptors: [],
    unaryFastPath,
  });
  const watch = (stream: ServerHttp2Stream): void => {
    requests += 1;
    streams.push(stream);
    socket = stream.session?.socket;
  };
  const watched = (req: HttpRequest, res: HttpResponse): void => {
    if (isHttp2Request(req)) {
      if (!streams.includes(req.stream)) watch(req.stream);
    } else {
      requests += 1;
      socket = req.socket;
    }
    handler(req, res);
  };
  const onStream: StreamHandler = (stream, ...header) => {
    watch(stream);
    return handler.onStream?.(stream, ...header) ?? false;
  };
  const serving = await serveHandler(Object.assign(watched, { onStream }));
  return {
    ...serving,
    bytesRead: () => socket?.bytesRead ?? 0,
    requests: () => requests,
    streams,
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  };
}

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
  if (!stream.closed) await once(stream, "close");
  expect(stream.rstCode).toBe(0);
  // A round trip, so that whatever was on its way has arrived.
  await new Promise((resolve) => session.ping(resolve));
  return { headers, trailers: trailer ?? {} };
}

describe("a rejected call over HTTP/2", () => {
  it("has been answered whole before the stream is reset, which some callers would take for the answer", async () => {
    await using serving = await serveClosedGate();
    const session = connectHttp2(serving.origin);
    const stream = openCall(session, "CreateNote", "application/json");
    stream.on("error", () => undefined).resume();
    stream.write(Buffer.alloc(BODY_BYTES));
    await once(stream, "end");
    // A reset that came with the answer would be read with it, in one of the next turns.
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(stream.closed).toBe(false);
    await once(stream, "close");
    expect(stream.rstCode).toBe(0);
    session.destroy();
  });

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
        if (contentType === "application/proto") expect(headers[":status"]).toBe(401);
        else expect(headers[":status"]).toBe(200);
        if (contentType === "application/grpc") expect(trailers["grpc-status"]).toBe("16");
        expect(serving.bytesRead()).toBeGreaterThan(0);
        expect(serving.bytesRead()).toBeLessThanOrEqual(MAX_BYTES_READ);
        session.destroy();
      },
    );
  }

  it("is reset behind its answer when a handler stopped reading, so that it does not stay open", async () => {
    await using serving = await serve({
      routes: (router) =>
        router.service(NotesService, {
          async importNotes(requests) {
            for await (const _request of requests) throw new ConnectError("enough", Code.InvalidArgument);
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

describe("a rejected call over HTTP/1.1", () => {
  const head = (length: number) =>
    [
      "POST /countersign.demo.v1.NotesService/CreateNote HTTP/1.1",
      "Host: a",
      "Content-Type: application/json",
      `Content-Length: ${length}`,
      "\r\n",
    ].join("\r\n");

  it("gives the whole answer, then closes after at most 64 KiB more", async () => {
    await using serving = await serveClosedGate();
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write(head(BODY_BYTES));
    socket.write(Buffer.alloc(BODY_BYTES, "x"));
    expect(await answer).toMatch(
      /^HTTP\/1\.1 401 Unauthorized[\s\S]*connection: close[\s\S]*"no token was sent"\}$/i,
    );
    // The first read of 64 KiB, 64 KiB to drain, and one read ahead, each beside what the header took.
    expect(serving.bytesRead()).toBeLessThanOrEqual(200_000);
  });

  it("takes the rest of a small body, so that a caller that still sends is not cut off", async () => {
    await using serving = await serveClosedGate();
    const socket = await connectRaw(serving.port);
    const closed = once(socket, "close");
    const answer = readAll(socket);
    socket.write(head(10_000));
    await once(socket, "data");
    await new Promise((resolve) => socket.write("x".repeat(5_000), resolve));
    await new Promise<void>((resolve) => socket.end("x".repeat(5_000), resolve));
    const [hadError] = await closed;
    expect(hadError).toBe(false);
    expect(await answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  it("closes after a second when the rest never comes", async () => {
    await using serving = await serveClosedGate();
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    const begin = performance.now();
    socket.write(head(1000));
    expect(await answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  it("answers no second request on that connection", async () => {
    await using serving = await serveClosedGate();
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write(head(20));
    await once(socket, "data");
    socket.end(`${"x".repeat(20)}GET / HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect((await answer).match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(serving.requests()).toBe(1);
  });

  it("keeps the connection when the request had arrived whole", async () => {
    await using serving = await serveClosedGate();
    const socket = await connectRaw(serving.port);
    const answers = readAll(socket);
    const last = head(2).replace("Host: a", "Host: a\r\nConnection: close");
    socket.write(`${head(2)}{}${last}{}`);
    expect((await answers).match(/HTTP\/1\.1 401 /g)).toHaveLength(2);
  });
});
