import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { guardNodeServer } from "@countersign/node";
import { describe, expect, it } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { connectRaw, readAll, serveHandler } from "../serving.ts";

const HOST = "Host: 127.0.0.1\r\n";
const get = (path: string, host = HOST): string => `GET ${path} HTTP/1.1\r\n${host}\r\n`;
const UPGRADE = "Connection: upgrade\r\nUpgrade: chat\r\n";

const TUNNELS = notEmpty([
  ["an upgrade", `GET /chat HTTP/1.1\r\n${HOST}${UPGRADE}\r\n`],
  ["an upgrade with a body", `POST /chat HTTP/1.1\r\n${HOST}${UPGRADE}Content-Length: 2\r\n\r\n{}`],
  [
    "an upgrade whose body does not come",
    `POST /chat HTTP/1.1\r\n${HOST}${UPGRADE}Content-Length: 9\r\n\r\n{}`,
  ],
  ["a CONNECT", `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`],
] as const);

/** More than a socket takes at once, so that its response waits for it to drain. */
const LARGE = "x".repeat(8 * 1024 * 1024);

/** A guarded server that makes tunnels. It answers `/first` when the test says so. */
async function serveTunnels() {
  const handled: string[] = [];
  const first = Promise.withResolvers<ServerResponse>();
  const server = guardNodeServer(
    createServer((req, res) => {
      handled.push(req.url ?? "");
      if (req.url === "/first") {
        first.resolve(res);
      } else {
        res.setHeader("connection", req.url === "/close" ? "close" : "keep-alive").end("x");
      }
    }),
  );
  for (const event of ["upgrade", "connect"] as const) {
    server.on(event, (_req, socket) => {
      handled.push(event);
      socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    });
  }
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const socket = await connectRaw(port);
  return {
    first: first.promise,
    handled,
    socket,
    answers: readAll(socket),
    async [Symbol.asyncDispose]() {
      socket.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

const statusesIn = (answers: string): readonly string[] => answers.match(/(?<=HTTP\/1\.1 )\d+/g) ?? [];

describe.each(TUNNELS)("a connection that %s would make a tunnel too early", (_, tunnel) => {
  it("is closed behind the answers that are still to be sent", async () => {
    await using serving = await serveTunnels();
    const { socket, answers, handled } = serving;
    socket.write(get("/first") + get("/next") + tunnel + get("/behind"));
    const res = await serving.first;
    expect(handled).toEqual(["/first"]);
    const drained = new Promise((resolve) => void res.once("drain", resolve));
    expect(res.write(LARGE)).toBe(false);
    await drained;
    res.end();
    const received = await answers;
    expect(statusesIn(received)).toEqual(["200", "200"]);
    expect(received.length).toBeGreaterThan(LARGE.length);
    expect(handled).toEqual(["/first", "/next"]);
  });

  it.each(
    notEmpty([
      ["closes it", get("/close"), "200"],
      ["refuses a target", get("//x"), "400"],
      ["is Node's own", get("/", ""), "400"],
    ] as const),
  )("is closed behind an answer that %s", async (__, bytes, status) => {
    await using serving = await serveTunnels();
    const { socket, answers, handled } = serving;
    socket.write(bytes + tunnel);
    expect(statusesIn(await answers)).toEqual([status]);
    expect(handled).not.toContain("upgrade");
    expect(handled).not.toContain("connect");
  });

  it("tells its handler when the client leaves meanwhile", async () => {
    await using serving = await serveTunnels();
    const { socket, handled } = serving;
    socket.write(get("/first") + tunnel);
    const res = await serving.first;
    const closed = new Promise((resolve) => void res.once("close", resolve));
    socket.end();
    await closed;
    expect(handled).toEqual(["/first"]);
  });
});

it("a server that makes no tunnels sends the answers that are still to be sent, and then closes", async () => {
  const first = Promise.withResolvers<ServerResponse>();
  await using serving = await serveHandler((req, res) => {
    if (req.url === "/first") {
      first.resolve(res as ServerResponse); // it speaks HTTP/1.1
    } else {
      res.end();
    }
  });
  const connect = `CONNECT 127.0.0.1 HTTP/1.1\r\n${HOST}\r\n`;
  const pipelined = await connectRaw(serving.port);
  const answers = readAll(pipelined);
  pipelined.write(get("/first") + get("/next") + connect);
  (await first.promise).end();
  expect(statusesIn(await answers)).toEqual(["200", "200"]);
  const alone = await connectRaw(serving.port);
  const refusal = readAll(alone);
  alone.write(connect);
  expect(statusesIn(await refusal)).toEqual(["405"]);
});
