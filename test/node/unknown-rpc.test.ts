import { once } from "node:events";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { buffer } from "node:stream/consumers";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { Client, credentials } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { ask, serve } from "./serving.ts";

const PATH = `/${NotesService.typeName}/CreateNote`;
const MESSAGE = "there is no such RPC";

const TRANSPORTS: Readonly<Record<string, (baseUrl: string) => Transport>> = {
  gRPC: (baseUrl) => createGrpcTransport({ baseUrl }),
  "gRPC with JSON": (baseUrl) => createGrpcTransport({ baseUrl, useBinaryFormat: false }),
  "gRPC-Web over HTTP/2": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
  "gRPC-Web over HTTP/1.1": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "Connect over HTTP/2": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: true }),
  "Connect over HTTP/1.1": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
};

async function* none() {}

describe.each(Object.entries(TRANSPORTS))("%s", (name, createTransport) => {
  it("says of a service that is not there that it is not implemented, for each kind of call", async () => {
    await using serving = await serve();
    const client = createClient(NotesService, createTransport(serving.origin));
    const calls: readonly (() => Promise<unknown>)[] = [
      () => client.createNote({}),
      () => client.watchNotes({})[Symbol.asyncIterator]().next(),
      () => client.importNotes(none()),
      ...(name.endsWith("1.1") ? [] : [() => client.syncNotes(none())[Symbol.asyncIterator]().next()]),
    ];
    for (const call of calls) {
      const error = ConnectError.from(await call().catch((reason: unknown) => reason));
      expect([error.code, error.rawMessage]).toEqual([Code.Unimplemented, MESSAGE]);
    }
  });
});

it("says so to the client of gRPC itself", async () => {
  await using serving = await serve();
  const client = new Client(`127.0.0.1:${serving.port}`, credentials.createInsecure());
  const bytes = (value: Buffer): Buffer => value;
  const error = await new Promise((resolve) => {
    client.makeUnaryRequest("/a.B/C", bytes, bytes, Buffer.alloc(0), (reason) => resolve(reason));
  });
  client.close();
  expect(error).toMatchObject({ code: 12, details: MESSAGE });
});

/** Send a request over HTTP/2 whose body does not end. */
async function askHttp2(origin: string, fields: Readonly<Record<string, string>>) {
  const session = connectHttp2(origin);
  const stream = session.request({ ":method": "POST", ":path": PATH, ...fields });
  stream.on("error", () => undefined);
  stream.write("the beginning");
  const closed = once(stream, "close");
  const [headers, flags]: [IncomingHttpHeaders, number] = await new Promise((resolve) =>
    stream.once("response", (...args) => resolve([args[0], args[1]])),
  );
  const body = await buffer(stream);
  // A server that no longer reads must not hold the stream open.
  await closed;
  session.close();
  return { headers, flags, body, code: stream.rstCode };
}

describe("on the wire", () => {
  const web = Buffer.from(`grpc-status: 12\r\ngrpc-message: ${MESSAGE}\r\n`);
  const end = Buffer.from(JSON.stringify({ error: { code: "unimplemented", message: MESSAGE } }));
  const framed = (flags: number, content: Buffer) =>
    Buffer.concat([Buffer.from([flags, 0, 0, 0, content.length]), content]).toString("latin1");
  const unary = `${JSON.stringify({ code: "unimplemented", message: MESSAGE })}\n`;
  const cases = [
    { type: "application/grpc", status: 200, body: "" },
    { type: "application/grpc+proto", status: 200, body: "" },
    { type: "application/grpc+thrift", status: 200, body: "" },
    { type: "application/grpc-web", status: 200, body: framed(0x80, web) },
    { type: "application/grpc-web+json", status: 200, body: framed(0x80, web) },
    {
      type: "application/grpc-web-text",
      status: 200,
      body: Buffer.from(framed(0x80, web), "latin1").toString("base64"),
    },
    { type: "application/connect+proto", status: 200, body: framed(2, end) },
    { type: "application/connect+json", status: 200, body: framed(2, end) },
    { type: "application/proto", answered: "application/json", status: 404, body: unary },
    { type: "application/json", status: 404, body: unary },
  ];
  it.each(cases)("$type gets its own form, also when the body is still to come", async (expected) => {
    await using serving = await serve({ allowedOrigins: ["https://app.example"] });
    const fields = { "content-type": expected.type, origin: "https://app.example" };
    const { headers, body, code } = await askHttp2(serving.origin, fields);
    expect(headers).toMatchObject({
      ":status": expected.status,
      "content-type": expected.answered ?? expected.type,
      "access-control-allow-origin": "https://app.example",
    });
    expect(body.toString("latin1")).toBe(expected.body);
    const isGrpc = /^application\/grpc(\+|$)/.test(expected.type);
    expect([headers["grpc-status"], headers["grpc-message"]]).toEqual(
      isGrpc ? ["12", MESSAGE] : [undefined, undefined],
    );
    expect(code).toBe(0);
  });

  it("reads the content type as HTTP does", async () => {
    await using serving = await serve();
    const { headers } = await askHttp2(serving.origin, {
      "content-type": "Application/GRPC+Proto; charset=utf-8",
    });
    expect(headers).toMatchObject({
      ":status": 200,
      "content-type": "application/grpc+proto",
      "grpc-status": "12",
    });
  });

  it("answers GET in the form of Connect when it is a call of Connect", async () => {
    await using serving = await serve();
    const call = await ask(serving.origin, { path: `${PATH}?connect=v1&encoding=json&message={}` });
    expect([call.status, call.body]).toEqual([404, unary]);
  });

  const others = [
    { what: "a page", method: "GET" },
    { what: "no content type", method: "POST" },
    { what: "a form", method: "POST", type: "application/x-www-form-urlencoded" },
    { what: "another type", method: "POST", type: "application/grpcx" },
    { what: "no codec", method: "POST", type: "application/connect+" },
    { what: "JSON that is put", method: "PUT", type: "application/json" },
    { what: "JSON that is asked for", method: "GET", type: "application/json" },
  ];
  it.each(others)("is a page that was not found for anything else: $what", async ({ method, type }) => {
    await using serving = await serve();
    const headers = type === undefined ? {} : { "content-type": type };
    const answer = await ask(serving.origin, { method, path: PATH, headers });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([404, { error: "not found" }]);
  });
});
