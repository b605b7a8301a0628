import { once } from "node:events";
import { connect as connectHttp2, type OutgoingHttpHeaders } from "node:http2";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { createAdminHandler } from "../../server/node/src/admin.ts";
import { connectRaw, readAll, serve, serveHandler } from "./serving.ts";

const PREFLIGHT = { origin: "https://evil.example", "access-control-request-method": "POST" };

const serveNotes = () =>
  serve({ routes: (router) => router.service(NotesService, {}), requestGate: () => undefined });

const serveAdmin = () =>
  serveHandler(
    createAdminHandler({
      metrics: { contentType: "text/plain", metrics: async () => "" },
      isReady: () => true,
    }),
  );

interface Endless {
  readonly start: typeof serveNotes | typeof serveAdmin;
  readonly fields: OutgoingHttpHeaders;
  readonly status: number;
}

/** Requests that are answered without their body, whose end does not come. */
const OVER_HTTP2: Readonly<Record<string, Endless>> = {
  "a preflight": {
    start: serveNotes,
    fields: { ":method": "OPTIONS", ":path": "/x", ...PREFLIGHT },
    status: 204,
  },
  "a CONNECT": {
    start: serveNotes,
    fields: { ":method": "CONNECT", ":authority": "127.0.0.1:1" },
    status: 405,
  },
};

describe("a request over HTTP/2 without an end is closed behind its answer", () => {
  it.each(Object.entries(OVER_HTTP2))("%s", async (_, { start, fields, status }) => {
    await using serving = await start();
    const session = connectHttp2(serving.origin);
    const stream = session.request(fields, { endStream: false });
    const closed = once(stream, "close");
    const [head] = await once(stream.resume(), "response");
    expect(head[":status"]).toBe(status);
    await closed;
    session.destroy();
  });
});

const fieldsOf = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");

const OVER_HTTP1 = {
  "a preflight": { start: serveNotes, head: `OPTIONS /x HTTP/1.1\r\n${fieldsOf(PREFLIGHT)}` },
  "a GET of the operator's port": { start: serveAdmin, head: "GET /livez HTTP/1.1\r\n" },
};

describe("the connection of a request over HTTP/1.1 without an end is closed behind its answer", () => {
  it.each(Object.entries(OVER_HTTP1))("%s", async (_, { start, head }) => {
    await using serving = await start();
    const socket = await connectRaw(serving.port);
    const received = readAll(socket);
    socket.write(`${head}Host: 127.0.0.1\r\nContent-Length: 100\r\n\r\nx`);
    expect(await received).toMatch(/^HTTP\/1\.1 20\d .*connection: close/is);
  });

  it.each(Object.entries(OVER_HTTP1))("but not that of a whole one: %s", async (_, { start, head }) => {
    await using serving = await start();
    const socket = await connectRaw(serving.port);
    const received = readAll(socket);
    socket.write(`${head}Host: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx`.repeat(2));
    socket.write("GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    expect((await received).match(/^HTTP\/1\.1 /gm)).toHaveLength(3);
  });
});
