import { type EventEmitter, once } from "node:events";
import { createServer as createHttp1Server, IncomingMessage } from "node:http";
import {
  connect as connectHttp2,
  constants,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server, Socket } from "node:net";
import { PassThrough } from "node:stream";
import { guardNodeServer, type NodeServer } from "@countersign/node";
import { describe, expect, it } from "vitest";
import { toBytes, toFields } from "../hostile/host-cases.ts";
import { sendBytes, sendFields } from "../hostile/send-raw.ts";
import { ask, connectRaw, readAll } from "./serving.ts";

interface Serving extends AsyncDisposable {
  readonly port: number;
  readonly target: { readonly port: number; readonly isSecure: false };
  /** What ended up where it would end a process. */
  readonly uncaught: readonly unknown[];
}

async function serving(server: Server | NodeServer): Promise<Serving> {
  const uncaught: unknown[] = [];
  const keep = (error: unknown): void => void uncaught.push(error);
  process.on("uncaughtException", keep);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    port,
    target: { port, isSecure: false },
    uncaught,
    async [Symbol.asyncDispose]() {
      if ("closeAllConnections" in server) {
        server.closeAllConnections();
      }
      server.close();
      process.off("uncaughtException", keep);
    },
  };
}

const upgrade = (host: string) =>
  `GET /chat HTTP/1.1\r\nHost: ${host}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n`;

describe("guardNodeServer", () => {
  it("returns the server, and guards it once", () => {
    const server = createHttp1Server();
    expect(guardNodeServer(server)).toBe(server);
    const { emit } = server;
    expect(guardNodeServer(server).emit).toBe(emit);
  });

  it("answers for listeners that were there before, and for those that come later", async () => {
    const seen: string[] = [];
    const server = createHttp1Server((req) => void seen.push(`before ${req.url}`));
    guardNodeServer(server);
    server.on("request", (req, res) => {
      seen.push(`later ${req.url}`);
      res.end();
    });
    await using running = await serving(server);
    expect(await sendBytes(running.target, toBytes({ hosts: ["["], target: "/bad" }))).toBe(400);
    expect(await sendBytes(running.target, toBytes({ hosts: ["a"], target: "/good" }))).toBe(200);
    expect(seen).toEqual(["before /good", "later /good"]);
  });

  it("lets an application that continues by itself see only what is well-formed", async () => {
    const server = guardNodeServer(createHttp1Server());
    server.on("checkContinue", (_req, res) => void res.writeHead(204).end());
    await using running = await serving(server);
    const fields = [["expect", "100-continue"]] as const;
    expect(await sendBytes(running.target, toBytes({ hosts: ["["], fields }))).toBe(400);
    expect(await sendBytes(running.target, toBytes({ hosts: ["a"], fields }))).toBe(204);
  });

  it("answers 500 for a handler that throws, and tells what it threw", async () => {
    const failure = new URIError("a cookie that cannot be decoded");
    const told: unknown[] = [];
    const server = createHttp1Server(() => {
      throw failure;
    });
    guardNodeServer(server, { onError: (error) => void told.push(error) });
    await using running = await serving(server);
    const answer = await ask(`http://127.0.0.1:${running.port}`);
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain("cookie");
    expect(told).toEqual([failure]);
    expect(running.uncaught).toEqual([]);
  });

  it("looks at streams of HTTP/2 before their own listeners do, and resets those whose listener throws", async () => {
    const told: unknown[] = [];
    const server = createHttp2Server();
    guardNodeServer(server, { onError: (error) => void told.push(error) });
    server.on("stream", (stream: ServerHttp2Stream, headers) => {
      if (headers[":path"] === "/throw") {
        throw new RangeError("thrown");
      }
      stream.respond({ ":status": 200 });
      stream.end();
    });
    await using running = await serving(server);
    expect(await sendFields(running.target, toFields("["))).toBe(400);
    expect(await sendFields(running.target, toFields("a", { target: "//" }))).toBe(400);
    expect(await sendFields(running.target, toFields("a", { target: "/throw" }))).toBe("reset");
    expect(await sendFields(running.target, toFields("a"))).toBe(200);
    expect(told.map(String)).toEqual(["RangeError: thrown"]);
  });
});

describe("a connection that stops to speak HTTP/1.1", () => {
  for (const [event, bytes] of [
    ["upgrade", upgrade],
    ["connect", (host: string) => `CONNECT a:1 HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
  ] as const) {
    it(`is refused with 400 when its host is none, and else handed over (${event})`, async () => {
      const server = guardNodeServer(createHttp1Server());
      server.on(event, (_req, socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
      await using running = await serving(server);
      expect(await sendBytes(running.target, bytes("["))).toBe(400);
      expect(await sendBytes(running.target, bytes("a"))).toBe(101);
    });
  }

  it("does not end the process when it breaks and its owner does not listen", async () => {
    const server = guardNodeServer(createHttp1Server());
    const timers: NodeJS.Timeout[] = [];
    server.on("upgrade", (_req, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
      timers.push(setInterval(() => socket.write("more"), 1));
    });
    await using running = await serving(server);
    const accepted = once(server, "connection");
    const client = await connectRaw(running.port);
    const [socket] = await accepted;
    // A listener for the error, as `once` has, would hide that there is no other.
    const closed = new Promise<void>((resolve) => void socket.once("close", resolve));
    client.write(upgrade("a"));
    await once(client, "data");
    client.resetAndDestroy();
    await closed;
    for (const timer of timers) {
      clearInterval(timer);
    }
    expect(running.uncaught).toEqual([]);
    const other = await connectRaw(running.port);
    const answer = readAll(other);
    other.end(upgrade("["));
    expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("does not end the process when the application hands over one that the server did not accept", () => {
    const server = guardNodeServer(createHttp1Server());
    const emitter: EventEmitter = server;
    const seen: unknown[] = [];
    server.on("upgrade", (_req, socket) => seen.push(socket));
    const req = Object.assign(new IncomingMessage(new Socket()), {
      url: "/chat",
      headers: { host: "a" },
      httpVersionMajor: 1,
    });
    const socket = new PassThrough();
    emitter.emit("upgrade", req, socket, Buffer.alloc(0));
    expect(seen).toEqual([socket]);
    expect(() => socket.emit("error", new Error("the connection broke"))).not.toThrow();
  });

  it("does not end the process when the application takes it from Node before the first byte", async () => {
    const server = guardNodeServer(createHttp1Server());
    // What comes here has none of Node's own listeners.
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => socket.write("hello"));
    await using running = await serving(server);
    const accepted = once(server, "connection");
    const client = await connectRaw(running.port);
    const [socket] = await accepted;
    await once(client, "data");
    client.resetAndDestroy();
    await new Promise<void>((resolve) => void socket.once("close", resolve).resume());
    expect(running.uncaught).toEqual([]);
  });
});

describe("a stream of HTTP/2 that is reset at once", () => {
  it("makes nothing throw, though it expects to be told to continue", async () => {
    const told: unknown[] = [];
    // Those whose reset Node has not read yet get to the handler.
    const inner = createHttp2Server((_req, res) => res.end());
    guardNodeServer(inner, { onError: (error) => void told.push(error) });
    // An application that looks at the first bytes itself: only then has Node read both frames before it tells of one.
    const outer = createTcpServer((socket) => {
      socket.once("data", (chunk) => {
        socket.pause();
        socket.unshift(chunk);
        socket.allowHalfOpen = false;
        inner.emit("connection", socket);
      });
    });
    await using running = await serving(outer);
    const session = connectHttp2(`http://127.0.0.1:${running.port}`);
    await once(session, "connect");
    const closed = Array.from({ length: 50 }, async () => {
      const stream = session.request({ ":method": "POST", expect: "100-continue" }, { endStream: false });
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
      await once(stream, "close");
    });
    await Promise.all(closed);
    const last = session.request({ ":path": "/last" });
    await once(last, "response");
    session.destroy();
    expect(told).toEqual([]);
    expect(running.uncaught).toEqual([]);
  });

  const FIELDS = { ":method": "POST", ":path": "/", ":authority": "a", expect: "100-continue" };

  it.each(["destroyed", "closed"])("goes to no listener when it is %s by then", (state) => {
    const seen: string[] = [];
    const server = createHttp2Server(() => seen.push("request"));
    server.on("stream", () => seen.push("stream"));
    server.on("checkContinue", () => seen.push("checkContinue"));
    const emitter: EventEmitter = guardNodeServer(server);
    const stream = Object.defineProperty(new PassThrough(), state, { value: true });
    emitter.emit("stream", stream, FIELDS, 0, Object.entries(FIELDS).flat());
    expect(seen).toEqual([]);
  });

  it("is read to its end, or it would hold its connection open", () => {
    const emitter: EventEmitter = guardNodeServer(createHttp2Server());
    const stream = Object.defineProperty(new PassThrough(), "closed", { value: true });
    emitter.emit("stream", stream, FIELDS, 0, Object.entries(FIELDS).flat());
    expect(stream.readableFlowing).toBe(true);
  });
});
