import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { guardNodeServer } from "@countersign/node";
import { describe, expect, it } from "vitest";
import { createAdminHandler } from "../../../server/node/src/admin.ts";
import { connectRaw, readAll, serve, serveHandler } from "../serving.ts";

const metrics = { contentType: "text/plain", metrics: async () => "value 1" };

async function serveGuarded() {
  const server = guardNodeServer(createServer((_req, res) => res.end("served")));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const SERVERS = {
  "the server": () => serve({ endpoints: { "/metrics": async () => new Response("served") } }),
  "the admin port": () => serveHandler(createAdminHandler({ metrics, isReady: () => true })),
  "a guarded server of Node": serveGuarded,
};

const host = "Host: 127.0.0.1\r\n";
const chunked = "0\r\n\r\n";

const FAULTS = [
  { name: "HTTP/2.0 in its first line", bytes: `GET /metrics HTTP/2.0\r\n${host}\r\n`, status: 505 },
  { name: "HTTP/0.9 in its first line", bytes: `GET /metrics HTTP/0.9\r\n${host}\r\n`, status: 505 },
  { name: "two hosts", bytes: `GET /metrics HTTP/1.1\r\n${host}Host: b.example\r\n\r\n`, status: 400 },
  { name: "one host twice", bytes: `GET /metrics HTTP/1.1\r\n${host}hOST: 127.0.0.1\r\n\r\n`, status: 400 },
  {
    name: "gzip under chunked",
    bytes: `POST /metrics HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n${chunked}`,
    status: 501,
  },
  {
    name: "chunked twice, which Node refuses itself",
    bytes: `POST /metrics HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
    status: 400,
  },
  {
    name: "a coding of HTTP/1.1 in HTTP/1.0",
    bytes: `POST /metrics HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n${chunked}`,
    status: 400,
  },
] as const;

describe.each(Object.entries(SERVERS))("%s refuses a request of HTTP/1.1 with", (_, start) => {
  it.each(FAULTS)("$name: $status, which closes", async ({ bytes, status }) => {
    await using serving = await start();
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write(bytes + FAULTS[0].bytes.replace("HTTP/2.0", "HTTP/1.1"));
    const received = await answer;
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*connection: close`, "i"));
    expect(received.match(/^HTTP\/1\.1/gm)).toHaveLength(1);
  });
});

it("an older client, and one that writes CHUNKED, are served", async () => {
  await using serving = await serve({ endpoints: { "/e": async (req) => new Response(await req.text()) } });
  for (const bytes of [
    `GET /e HTTP/1.0\r\n${host}\r\n`,
    `POST /e HTTP/1.1\r\n${host}Connection: close\r\nTransfer-Encoding: CHUNKED\r\n\r\n1\r\na\r\n${chunked}`,
  ]) {
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write(bytes);
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
  }
});
