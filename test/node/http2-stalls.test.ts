import { once } from "node:events";
import { connect as connectHttp2, createServer } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { guardNodeServer } from "@countersign/node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  ACK,
  createFrameReader,
  END_HEADERS,
  END_STREAM,
  encodeFields,
  FRAME,
  OPENING,
  toFrame,
  toUint32,
} from "../support/http2-frames.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { readAll, type Serving, serveHandler } from "./serving.ts";

const certificate = createSelfSigned();
const LIMITS = { headerTimeoutMs: 60 };

const CONNECTIONS = {
  "in plain text": {
    options: { limits: LIMITS },
    connect: (port: number): Socket => connect({ port, host: "127.0.0.1" }),
  },
  "over TLS": {
    options: { limits: LIMITS, tls: certificate },
    connect: (port: number): Socket =>
      connectTls({ port, host: "127.0.0.1", ca: certificate.cert, ALPNProtocols: ["h2"] }),
  },
};

const CONTINUATION = 9;
const FIELDS = encodeFields([
  [":method", "POST"],
  [":path", "/"],
  [":scheme", "http"],
  [":authority", "127.0.0.1"],
]);
const PREFACE = OPENING.subarray(0, OPENING.length - 9);
const whole = toFrame(FRAME.headers, END_HEADERS, 1, FIELDS);

const STALLS = {
  "the preface alone": [PREFACE],
  "half of its settings": [OPENING.subarray(0, OPENING.length - 4)],
  "a header without its end": [OPENING, toFrame(FRAME.headers, 0, 1, FIELDS)],
  "the first bytes of a header": [OPENING, whole.subarray(0, 14)],
  "an empty header without its end": [OPENING, toFrame(FRAME.headers, 0, 1, Buffer.alloc(0))],
  "a second header without its end": [OPENING, whole, toFrame(FRAME.headers, 0, 3, FIELDS)],
  "a header without its end behind one that is none": [
    OPENING,
    toFrame(FRAME.headers, END_HEADERS | END_STREAM, 1, encodeFields([[":method", "GET"]])),
    toFrame(FRAME.headers, 0, 3, FIELDS),
  ],
};

/** Answers when it can, and waits for no body. */
const serveWith = (options: Parameters<typeof serveHandler>[1]): Promise<Serving> =>
  serveHandler((_req, res) => void res.end("answer"), options);

describe.each(Object.entries(CONNECTIONS))(
  "a connection of HTTP/2 is closed, %s, when its client sends",
  (_, way) => {
    it.each(Object.entries(STALLS))("%s", async (__, parts) => {
      await using serving = await serveWith(way.options);
      const socket = way.connect(serving.port);
      const closed = readAll(socket);
      socket.write(Buffer.concat(parts));
      await closed;
    });

    it("a header whose CONTINUATION frames trickle in", async () => {
      await using serving = await serveWith(way.options);
      const socket = way.connect(serving.port);
      const closed = readAll(socket);
      socket.write(Buffer.concat([OPENING, toFrame(FRAME.headers, 0, 1, FIELDS)]));
      const timer = setInterval(
        () => socket.write(toFrame(CONTINUATION, 0, 1, encodeFields([["x", "y"]]))),
        5,
      );
      await closed;
      clearInterval(timer);
    });

    it("a trailer without its end, once its call is broken off", async () => {
      await using serving = await serveHandler(
        (req, res) => void setImmediate(() => ("stream" in req ? req.stream.close(8) : res.end())),
        way.options,
      );
      const socket = way.connect(serving.port);
      const closed = readAll(socket);
      socket.write(
        Buffer.concat([OPENING, whole, toFrame(FRAME.headers, END_STREAM, 1, encodeFields([["x", "y"]]))]),
      );
      await closed;
    });
  },
);

it("a header without its end closes the connection of any server that is guarded", async () => {
  await using server = guardNodeServer(createServer(), LIMITS);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const socket = connect({ port, host: "127.0.0.1" });
  const closed = readAll(socket);
  socket.write(Buffer.concat([OPENING, toFrame(FRAME.headers, 0, 1, FIELDS)]));
  await closed;
});

it("a socket that does not finish the handshake of TLS is closed, and one that is silent behind it", async () => {
  await using serving = await serveWith(CONNECTIONS["over TLS"].options);
  const hello = Buffer.from("16030100c8010000c40303", "hex");
  for (const bytes of [Buffer.alloc(0), hello]) {
    const socket = connect({ port: serving.port, host: "127.0.0.1" });
    const closed = readAll(socket);
    socket.write(bytes);
    await closed;
  }
  for (const ALPNProtocols of [["h2"], ["http/1.1"], undefined]) {
    const socket = connectTls({ port: serving.port, host: "127.0.0.1", ca: certificate.cert, ALPNProtocols });
    await readAll(socket);
  }
  // On a busy machine the time for silence may run out before this client has written: then it gets no answer.
  const stallInHeader = (): Promise<string> => {
    const slow = connectTls({ port: serving.port, host: "127.0.0.1", ca: certificate.cert });
    const closed = readAll(slow);
    slow.write("GET / HTTP/1.1\r\nHost: 127.");
    return closed;
  };
  await expect.poll(stallInHeader).toMatch(/^HTTP\/1\.1 408 /);
});

describe("a client that is at no header keeps its connection", () => {
  // Time passes when the client has done its part, however long that takes.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
  afterEach(() => void vi.useRealTimers());
  const rest = (): void => void vi.advanceTimersByTime(5 * LIMITS.headerTimeoutMs);

  it("with a call that rests", async () => {
    const received = Promise.withResolvers<() => void>();
    await using serving = await serveHandler((_req, res) => received.resolve(() => void res.end("done")), {
      limits: LIMITS,
    });
    const session = connectHttp2(serving.origin);
    const stream = session.request({ ":path": "/" });
    stream.setEncoding("utf8");
    const finish = await received.promise;
    rest();
    finish();
    expect(await once(stream, "data")).toEqual(["done"]);
    session.destroy();
  });

  it("after a header that was none", async () => {
    await using serving = await serveWith({ limits: LIMITS });
    const socket = connect({ port: serving.port, host: "127.0.0.1" });
    const types: number[] = [];
    let isAcknowledged = false;
    const read = createFrameReader((type, flags, _id, payload) => {
      types.push(type);
      if (type === FRAME.ping && (flags & ACK) === 0) {
        socket.write(toFrame(FRAME.ping, ACK, 0, payload));
      }
      isAcknowledged ||= type === FRAME.ping && (flags & ACK) !== 0;
    });
    socket.on("data", read);
    const none = encodeFields([[":method", "GET"]]);
    socket.write(Buffer.concat([OPENING, toFrame(FRAME.headers, END_HEADERS | END_STREAM, 1, none)]));
    await expect.poll(() => types).toContain(FRAME.reset);
    vi.advanceTimersByTime(LIMITS.headerTimeoutMs / 2);
    await expect.poll(() => types).toContain(FRAME.ping);
    // The server reads this PING behind the client's answer to its own.
    socket.write(toFrame(FRAME.ping, 0, 0, Buffer.alloc(8)));
    await expect.poll(() => isAcknowledged).toBe(true);
    rest();
    socket.write(toFrame(FRAME.headers, END_HEADERS | END_STREAM, 3, FIELDS));
    await expect.poll(() => types).toContain(FRAME.headers);
    socket.destroy();
  });
});

type ToFrame = (id: number) => Buffer;

const toReset: ToFrame = (id) => toFrame(FRAME.reset, 0, id, toUint32(8));
const toTrailers = (...fields: Parameters<typeof encodeFields>[0][number][]): ToFrame => {
  const encoded = encodeFields(fields);
  return (id) => toFrame(FRAME.headers, END_HEADERS | END_STREAM, id, encoded);
};

describe("a client that resets its calls as fast as it opens them, or has them reset", () => {
  const ping = toFrame(FRAME.ping, 0, 0, Buffer.alloc(8));
  const flood = (count: number, toNext: ToFrame): Buffer =>
    Buffer.concat(
      Array.from({ length: count }, (_, index) => [
        toFrame(FRAME.headers, END_HEADERS, 2 * index + 1, FIELDS),
        toNext(2 * index + 1),
      ]).flat(),
    );
  /** @returns the types of the frames that come back */
  async function send(count: number, limits = {}, toNext = toReset): Promise<readonly number[]> {
    await using serving = await serveWith({ limits });
    const socket = connect({ port: serving.port, host: "127.0.0.1" });
    const closed = readAll(socket);
    const types: number[] = [];
    let pings = 2; // Node tells of streams that it resets behind the first
    const read = createFrameReader((type, flags) => {
      types.push(type);
      if (type === FRAME.ping && flags === ACK) {
        pings -= 1;
        if (pings === 0) {
          socket.destroy();
        } else {
          socket.write(ping);
        }
      }
    });
    socket.on("data", read);
    socket.write(Buffer.concat([OPENING, flood(count, toNext), ping]));
    await closed;
    return types;
  }

  it("loses its connection after 256 resets", async () => {
    expect(await send(257)).toContain(FRAME.goaway);
    expect(await send(256)).not.toContain(FRAME.goaway);
  });

  it("may have more where the listener says so", async () => {
    const limits = { maxStreamResets: 4096, streamResetsPerSecond: 512 };
    expect(await send(1000, limits)).not.toContain(FRAME.goaway);
  });

  it.each([
    ["too many fields", toTrailers(...Array.from({ length: 129 }, () => ["a", ""] as const))],
    ["a field that is none", toTrailers([":path", "/"])],
  ] as const)("loses it as well after trailers with %s", async (_, toNext) => {
    const limits = { maxStreamResets: 20, streamResetsPerSecond: 1 };
    expect(await send(30, limits, toNext)).toContain(FRAME.goaway);
    expect(await send(20, limits, toNext)).not.toContain(FRAME.goaway);
  });
});
