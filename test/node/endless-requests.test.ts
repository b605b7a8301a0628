import { once } from "node:events";
import { createServer as createHttp1Server } from "node:http";
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { guardNodeServer } from "@countersign/node";
import { describe, expect, it } from "vitest";
import { createAdminHandler } from "../../server/node/src/admin.ts";
import { connectRaw, readAll, serve, serveHandler } from "./serving.ts";

const PREFLIGHT = { origin: "https://evil.example", "access-control-request-method": "POST" };

const serveNotes = () =>
  serve({ routes: (router) => router.service(NotesService, {}), requestGate: () => undefined });

const serveDocument = () =>
  serve({ documents: { "/jwks.json": async () => new Response("{}", { status: 200 }) } });

const servePages = () =>
  serve({ pages: async ({ url }) => new Response(null, { status: Number(new URL(url).pathname.slice(1)) }) });

const serveAdmin = () =>
  serveHandler(
    createAdminHandler({
      metrics: { contentType: "text/plain", metrics: async () => "" },
      isReady: () => true,
    }),
  );

/** A server of Node's own, whose handler answers later and never reads. */
async function serveGuarded() {
  const server = guardNodeServer(
    createHttp2Server((req, res) =>
      setImmediate(() => res.writeHead(req.method === "OPTIONS" ? 204 : 200).end()),
    ),
  );
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const close = async (): Promise<void> => void server.close();
  return { origin: `http://127.0.0.1:${port}`, port, [Symbol.asyncDispose]: close };
}

interface Endless {
  readonly start: () => Promise<AsyncDisposable & { readonly origin: string }>;
  readonly fields: OutgoingHttpHeaders;
  readonly status: number;
}

const head = (path: string): OutgoingHttpHeaders => ({ ":method": "HEAD", ":path": path });
const PREFLIGHT_FIELDS = { ":method": "OPTIONS", ":path": "/x", ...PREFLIGHT };
const CONNECT_FIELDS = { ":method": "CONNECT", ":authority": "127.0.0.1:1" };

/** Requests that are answered without their body, whose end does not come. */
const OVER_HTTP2: Readonly<Record<string, Endless>> = {
  "a preflight": { start: serveNotes, fields: PREFLIGHT_FIELDS, status: 204 },
  "a CONNECT": { start: serveNotes, fields: CONNECT_FIELDS, status: 405 },
  "a HEAD of a document": { start: serveDocument, fields: head("/jwks.json"), status: 200 },
  "a HEAD of a page": { start: servePages, fields: head("/200"), status: 200 },
  "a HEAD that is answered with 204": { start: servePages, fields: head("/204"), status: 204 },
  "a HEAD of nothing": { start: serveNotes, fields: head("/x"), status: 404 },
  "a HEAD of the operator's port": { start: serveAdmin, fields: head("/readyz"), status: 200 },
  "a GET that is answered with 204": { start: servePages, fields: { ":path": "/204" }, status: 204 },
  "a GET that is answered with 304": { start: servePages, fields: { ":path": "/304" }, status: 304 },
  "an expectation that is not met": {
    start: serveNotes,
    fields: { ":method": "POST", ":path": "/x", expect: "foo" },
    status: 417,
  },
  "a preflight of a guarded server": { start: serveGuarded, fields: PREFLIGHT_FIELDS, status: 204 },
  "a CONNECT of a guarded server": { start: serveGuarded, fields: CONNECT_FIELDS, status: 405 },
  "a HEAD of a guarded server": { start: serveGuarded, fields: head("/x"), status: 200 },
  "a GET of a guarded server": { start: serveGuarded, fields: { ":path": "/x" }, status: 200 },
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

/** A guarded server of Node's own, over HTTP/1.1. */
async function serveGuardedHttp1() {
  const server = guardNodeServer(createHttp1Server((_req, res) => void res.end()));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const close = async (): Promise<void> => void server.close();
  return { port, [Symbol.asyncDispose]: close };
}

it.each(Object.entries({ listen: serveNotes, guardNodeServer: serveGuardedHttp1 }))(
  "an expectation that is not met ends its connection over HTTP/1.1: %s",
  async (_, start) => {
    await using serving = await start();
    const socket = await connectRaw(serving.port);
    const received = readAll(socket);
    socket.write("POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: foo\r\nContent-Length: 100\r\n\r\nx");
    expect(await received).toMatch(/^HTTP\/1\.1 417 .*connection: close/is);
  },
);

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
