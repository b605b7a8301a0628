import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { HttpHandler } from "../../server/node/src/handler.ts";
import { listen } from "../../server/node/src/listener.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { ask, connectRaw, readAll, serveHandler } from "./serving.ts";

/** Says which protocol the call came over, and how much body it brought. */
const echo: HttpHandler = {
  handle(req, res) {
    let bytes = 0;
    req.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    req.on("end", () => {
      res.setHeader("x-bytes", bytes);
      res.end(`HTTP/${req.httpVersion}`);
    });
  },
};

async function askHttp2(origin: string, { body = "", ca }: { body?: string; ca?: string } = {}) {
  const session = connectHttp2(origin, ca === undefined ? {} : { ca });
  const stream = session.request({ ":method": "POST", ":path": "/" });
  stream.end(body);
  const [headers] = await once(stream, "response");
  const received = await text(stream);
  session.close();
  return { received, headers };
}

describe("a listener without TLS", () => {
  it("speaks HTTP/1.1 and HTTP/2 on one port", async () => {
    await using serving = await serveHandler(echo);
    expect((await ask(serving.origin)).body).toBe("HTTP/1.1");
    expect((await askHttp2(serving.origin)).received).toBe("HTTP/2.0");
  });

  it("loses no byte of a body, over either protocol", async () => {
    await using serving = await serveHandler(echo);
    const body = "x".repeat(1_000_000);
    expect((await ask(serving.origin, { method: "POST", body })).headers["x-bytes"]).toBe("1000000");
    expect((await askHttp2(serving.origin, { body })).headers["x-bytes"]).toBe("1000000");
  });

  it("tells the protocols apart when the first bytes come one by one", async () => {
    await using serving = await serveHandler(echo);
    const http1 = await connectRaw(serving.port);
    const answer = readAll(http1);
    // Begins like the preface of HTTP/2.
    for (const byte of "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc") {
      await new Promise((resolve) => http1.write(byte, resolve));
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*x-bytes: 3[\s\S]*HTTP\/1\.1$/);

    const http2 = await connectRaw(serving.port);
    const settings = once(http2, "data");
    for (const byte of "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
      await new Promise((resolve) => http2.write(byte, resolve));
    }
    http2.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    const [frame] = await settings;
    // A frame of type SETTINGS.
    expect(frame[3]).toBe(4);
    http2.destroy();
  });

  it("answers every request on a connection that is kept", async () => {
    await using serving = await serveHandler(echo);
    const socket = await connectRaw(serving.port);
    const answers = readAll(socket);
    socket.write("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect((await answers).match(/200 OK/g)).toHaveLength(2);
  });

  const stallers = [
    { name: "says nothing", bytes: "" },
    { name: "stops within the preface", bytes: "PRI * HTTP/2" },
    { name: "stops within the header", bytes: "GET / HTTP/1.1\r\nHost:" },
  ];
  for (const { name, bytes } of stallers) {
    it(`closes a connection that ${name}`, async () => {
      await using serving = await serveHandler(echo, { limits: { headerTimeoutMs: 50 } });
      const socket = await connectRaw(serving.port);
      const answer = readAll(socket);
      socket.write(bytes);
      expect(await answer).toMatch(bytes.startsWith("GET") ? /^HTTP\/1\.1 408 / : /^$/);
    });
  }

  it("refuses a header that is larger than its limit, over either protocol", async () => {
    await using serving = await serveHandler(echo, { limits: { maxHeaderBytes: 4096 } });
    const large = "x".repeat(8192);
    expect((await ask(serving.origin, { headers: { large } })).status).toBe(431);
    const session = connectHttp2(serving.origin);
    await once(session, "remoteSettings");
    expect(session.remoteSettings.maxHeaderListSize).toBe(4096);
    const stream = session.request({ ":path": "/", large });
    const [error] = await once(stream, "error");
    expect(error.code).toBe("ERR_HTTP2_STREAM_ERROR");
    session.destroy();
  });

  it("names a limit that makes no sense", async () => {
    await expect(listen(echo, { limits: { idleTimeoutMs: 0 } })).rejects.toThrow(
      new TypeError("limits.idleTimeoutMs must be a positive whole number"),
    );
  });

  it("rejects when the port is taken", async () => {
    await using serving = await serveHandler(echo);
    await expect(listen(echo, { port: serving.port })).rejects.toMatchObject({
      code: "EADDRINUSE",
      message: expect.stringContaining(
        "is in use (EADDRINUSE): end the program that listens there, or choose",
      ),
    });
  });

  it("closes an HTTP/2 connection that carries no call, and keeps one that does", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const isCalled = Promise.withResolvers<void>();
    let finish: () => void = () => undefined;
    await using serving = await serveHandler(
      (_req, res) => {
        finish = () => res.end("done");
        isCalled.resolve();
      },
      { limits: { idleTimeoutMs: 50 } },
    );
    const idle = connectHttp2(serving.origin);
    const busy = connectHttp2(serving.origin);
    const stream = busy.request({ ":path": "/" });
    await Promise.all([once(idle, "remoteSettings"), isCalled.promise]);
    vi.advanceTimersByTime(50);
    await once(idle, "close");
    await new Promise((resolve) => busy.ping(resolve));
    finish();
    expect(await text(stream)).toBe("done");
    busy.destroy();
  });
});

describe("an HTTP/2 connection whose caller ends it", () => {
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1");

  it("is closed when its bytes and its end come at once", async () => {
    await using serving = await serveHandler(echo);
    const socket = await connectRaw(serving.port);
    socket.end(preface);
    await readAll(socket);
  });

  it("is closed when its end comes later, within a frame", async () => {
    await using serving = await serveHandler(echo);
    const socket = await connectRaw(serving.port);
    const settings = once(socket, "data");
    const closed = readAll(socket);
    socket.write(preface);
    await settings;
    socket.end(Buffer.from([0, 0, 9, 1]));
    await closed;
  });
});

describe("a listener with TLS", () => {
  it("offers HTTP/2 and HTTP/1.1 by ALPN", async () => {
    const tls = createSelfSigned();
    await using serving = await serveHandler(echo, { tls });
    expect(serving.origin).toBe(`https://127.0.0.1:${serving.port}`);
    expect((await askHttp2(serving.origin, { ca: tls.cert })).received).toBe("HTTP/2.0");
    const answer = await new Promise<string>((resolve, reject) => {
      const req = httpsRequest(serving.origin, { ca: tls.cert, agent: false }, (res) => {
        text(res).then(resolve, reject);
      });
      req.on("error", reject).end();
    });
    expect(answer).toBe("HTTP/1.1");
  });

  it("survives a client that does not speak TLS, and one that hangs up", async () => {
    const tls = createSelfSigned();
    await using serving = await serveHandler(echo, { tls });
    const plain = await connectRaw(serving.port);
    const answer = readAll(plain);
    plain.write("GET / HTTP/1.1\r\n\r\n");
    await answer;
    const hangsUp = connectTls({ port: serving.port, ca: tls.cert });
    hangsUp.on("error", () => undefined).destroy();
    expect((await askHttp2(serving.origin, { ca: tls.cert })).received).toBe("HTTP/2.0");
  });
});
