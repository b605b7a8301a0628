import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { guardNodeServer } from "@countersign/node";
import { expect, it } from "vitest";
import { connectRaw, readAll } from "../serving.ts";

it("ends a busy connection of HTTP/1.1 with the next answer once a guarded server listens no more", async () => {
  const server = guardNodeServer(createServer());
  server.once("request", () => server.close());
  server.on("request", (_req, res) => void res.end("answered"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const closed = once(server, "close");
  const client = await connectRaw((server.address() as AddressInfo).port); // it listens on TCP
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await once(client, "data");
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(String(await readAll(client))).toMatch(/\r\nconnection: close\r\n/i);
  await closed;
});
