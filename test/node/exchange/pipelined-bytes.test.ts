import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { guardNodeServer } from "@countersign/node";
import { describe, expect, it } from "vitest";
import { createByteBudget } from "../../../server/gate/src/kernel/byte-budget.ts";
import { createRequestOrder } from "../../../server/node/src/exchange/request-order.ts";
import { holdRequest } from "../../../server/node/src/exchange/waiting-bytes.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { connectRaw, readAll, serve } from "../serving.ts";

const KIB = 1024;
const HEAD = "Host: 127.0.0.1\r\n";
const FIRST = `GET /first HTTP/1.1\r\n${HEAD}\r\n`;
const CONNECT = `CONNECT a:1 HTTP/1.1\r\n${HEAD}\r\n`;
const withBody = (bytes: number, fields = ""): string =>
  `POST /next HTTP/1.1\r\n${HEAD}${fields}Content-Length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`;

/** A server that counts what waits behind its first request, which it answers when the test says so. */
async function serveCounted(maxBytesPerConnection = 1_000 * KIB) {
  const budget = createByteBudget({ maxBytesPerConnection, maxBytes: 1_000 * KIB });
  const count = { budget, peerOf: () => "peer" };
  const waited: string[] = [];
  const order = createRequestOrder(undefined, (req, res) => {
    waited.push(req.url ?? "");
    return holdRequest(req, res, count);
  });
  const first = Promise.withResolvers<ServerResponse>();
  const handled: string[] = [];
  const server = createServer((req, res) => {
    const handle = (): void => {
      handled.push(req.url ?? "");
      if (req.url === "/first") {
        first.resolve(res);
      } else {
        req.resume().once("end", () => res.end());
      }
    };
    if (!order.waits(req, res, handle)) {
      handle();
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    budget,
    first: first.promise,
    handled,
    waited,
    socket: await connectRaw(port),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What waits, and how many bytes of it are counted: 32 for each field, its text, and the body. */
const HELD: readonly (readonly [name: string, bytes: string, held: number])[] = [
  ["a body", withBody(10_000), 10_000 + 64 + 13 + 19],
  ["a body that is read no further than 64 KiB", withBody(200_000), 64 * KIB + 64 + 13 + 20],
  ["a header alone", `GET /next HTTP/1.1\r\n${HEAD}A: ${"x".repeat(1_000)}\r\n\r\n`, 64 + 13 + 1_001],
  [
    "a body in chunks, which may be of any length",
    `POST /next HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    64 * KIB + 64 + 13 + 24,
  ],
];

describe("requests that wait for one before them", () => {
  it.each(notEmpty(HELD))("are counted until their turn comes: %s", async (_, bytes, held) => {
    await using serving = await serveCounted();
    const { budget, socket, handled } = serving;
    socket.write(FIRST + bytes);
    await expect.poll(() => budget.heldBytes).toBe(held);
    (await serving.first).end();
    await expect.poll(() => handled).toEqual(["/first", "/next"]);
    expect(budget.heldBytes).toBe(0);
  });

  it.each(
    notEmpty([
      ["breaks", (socket: Socket) => void socket.destroy()],
      ["was to become a tunnel, and Node destroys it", (socket: Socket) => void socket.write(CONNECT)],
    ] as const),
  )("are not counted any more when their connection %s", async (_, breakOff) => {
    await using serving = await serveCounted();
    const { budget, socket, handled } = serving;
    socket.write(FIRST + withBody(10_000).repeat(3));
    await expect.poll(() => budget.heldBytes).toBeGreaterThan(30_000);
    breakOff(socket);
    await expect.poll(() => budget.heldBytes).toBe(0);
    expect(handled).toEqual(["/first"]);
  });

  it("are answered with 429 in their turn, the oldest first, when too much waits", async () => {
    await using serving = await serveCounted(25_000);
    const { socket, waited, handled } = serving;
    const answers = readAll(socket);
    socket.write(FIRST + withBody(10_000) + withBody(10_000) + withBody(10_000, "Connection: close\r\n"));
    await expect.poll(() => waited).toEqual(["/next", "/next", "/next"]);
    (await serving.first).end();
    expect((await answers).match(/HTTP\/1\.1 \d+/g)).toEqual([
      "HTTP/1.1 200",
      "HTTP/1.1 429",
      "HTTP/1.1 200",
      "HTTP/1.1 200",
    ]);
    expect(handled).toEqual(["/first", "/next", "/next"]);
  });
});

it("a server counts them by its limit of bytes that wait", async () => {
  const first = Promise.withResolvers<Response>();
  const next: number[] = [];
  /** It is asked about those that wait when too much does. */
  const asked: (string | undefined)[] = [];
  await using serving = await serve({
    maxWaitingBytesPerConnection: 25_000,
    peerOf: ({ url }) => {
      asked.push(url);
      return "peer";
    },
    endpoints: {
      "/first": () => first.promise,
      "/next": async (req) => {
        next.push((await req.text()).length);
        return new Response("x");
      },
    },
  });
  const socket = await connectRaw(serving.port);
  const answers = readAll(socket);
  socket.write(FIRST + withBody(10_000) + withBody(10_000) + withBody(10_000, "Connection: close\r\n"));
  await expect.poll(() => asked).toContain("/next");
  first.resolve(new Response("first"));
  expect((await answers).match(/HTTP\/1\.1 \d+/g)).toEqual([
    "HTTP/1.1 200",
    "HTTP/1.1 429",
    "HTTP/1.1 200",
    "HTTP/1.1 200",
  ]);
  expect(next).toEqual([10_000, 10_000]);
});

it("a server that is guarded counts them too, and answers the oldest with 429 beyond 16 MiB", async () => {
  const first = Promise.withResolvers<ServerResponse>();
  const handled: string[] = [];
  const server = createServer({ maxHeaderSize: 512 * 1024 }, (req, res) => {
    handled.push(req.url ?? "");
    if (req.url === "/first") {
      first.resolve(res);
    } else {
      res.end();
    }
  });
  await new Promise<void>((resolve) => void guardNodeServer(server).listen(0, "127.0.0.1", resolve));
  const accepted = once(server, "connection");
  const client = await connectRaw((server.address() as AddressInfo).port);
  const [socket] = await accepted;
  const answers = readAll(client);
  const next = `GET /next HTTP/1.1\r\nHost: a\r\nA: ${"x".repeat(400 * 1024)}\r\n\r\n`;
  client.write("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
  const held = await first.promise;
  client.write(
    `${next.repeat(49)}${next.replace("GET /next HTTP/1.1", "GET /last HTTP/1.1\r\nConnection: close")}`,
  );
  await expect.poll(() => socket.bytesRead).toBe(client.bytesWritten);
  held.end();
  const statuses = (await answers).match(/HTTP\/1\.1 \d+/g) ?? [];
  expect(statuses).toHaveLength(51);
  expect(statuses.filter((status) => status === "HTTP/1.1 429").length).toBeGreaterThanOrEqual(9);
  expect(handled.length).toBeLessThanOrEqual(42);
  server.close();
});
