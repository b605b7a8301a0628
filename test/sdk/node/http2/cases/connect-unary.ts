import type { OutgoingHttpHeaders } from "node:http2";
import { gzipSync } from "node:zlib";
import { compressionGzip } from "@connectrpc/connect-node";
import { connectType } from "../connect-script.ts";
import { overConnect } from "../over-connect.ts";
import { bytesOf, type Case, type Script, send, type TransportOptions } from "../script.ts";

const TYPE = connectType("getNote");
const JSON_TYPE = { "content-type": "application/json" } as const;

/** Make a script that answers with these bytes. */
function body(bytes: Uint8Array, header: OutgoingHttpHeaders = TYPE, status = 200): Script {
  return async (stream, received) => {
    await received.body;
    send(stream, { status, header, body: [bytes], trailer: undefined });
  };
}

const errorBody = (error: unknown, status = 400, header: OutgoingHttpHeaders = JSON_TYPE): Script =>
  body(Buffer.from(JSON.stringify(error)), header, status);

const note = bytesOf.getNote(1, "one");
const DETAIL = { type: "google.rpc.ErrorInfo", value: "CgFBEgxjb3VudGVyc2lnbg" };
const STATUSES = [201, 204, 301, 304, 400, 401, 403, 404, 408, 409, 429, 499, 500, 501, 503, 504];
const CODES = [
  "canceled",
  "unknown",
  "not_found",
  "resource_exhausted",
  "unauthenticated",
  "Not_Found",
  "",
  5,
];
const ERRORS: Readonly<Record<string, unknown>> = {
  "without a message": { code: "internal" },
  "without a code": { message: "why" },
  "with a message that is none": { code: "internal", message: 7 },
  "with a detail": { code: "internal", message: "why", details: [{ ...DETAIL, debug: { a: 1 } }] },
  "with details that are none": { code: "internal", message: "why", details: [{ type: 1 }] },
  "with a value that is no base64": { code: "internal", details: [{ ...DETAIL, value: "!" }] },
  "that is a list": [],
  "that is null": null,
};
const TYPES = [
  "application/json",
  "application/proto; charset=utf-8",
  "application/connect+proto",
  "text/html",
  "",
];
const withTrailer = {
  "x-text": "a",
  "trailer-x-text": "b",
  "trailer-x-bytes-bin": "AAEC",
  "set-cookie": ["a=1", "b=2"],
};

const GET: TransportOptions = { protocol: "connect", useHttpGet: true };
const GET_GZIP: TransportOptions = { ...GET, sendCompression: compressionGzip, compressMinBytes: 0 };
const LIMITED: TransportOptions = { readMaxBytes: 40 };

const cases: readonly Case[] = [
  ...STATUSES.flatMap((status): Case[] => [
    { name: `HTTP ${status} with an error`, script: errorBody({ code: "aborted", message: "why" }, status) },
    { name: `HTTP ${status} with a page`, script: body(note, { "content-type": "text/html" }, status) },
  ]),
  ...CODES.map((code) => ({
    name: `the code ${JSON.stringify(code)}`,
    script: errorBody({ code, message: "why" }),
  })),
  ...Object.entries(ERRORS).map(([name, error]) => ({ name: `an error ${name}`, script: errorBody(error) })),
  {
    name: "an error that is no JSON",
    script: body(Buffer.from("{"), JSON_TYPE, 500),
  },
  {
    name: "an error of gzip, with fields of a trailer",
    script: body(
      gzipSync('{"code":"aborted"}'),
      { ...JSON_TYPE, ...withTrailer, "content-encoding": "gzip" },
      409,
    ),
  },
  { name: "an error with the type of a message", script: errorBody({ code: "aborted" }, 409, TYPE) },
  {
    name: "an error that is too large",
    options: LIMITED,
    script: errorBody({ code: "aborted", message: "x".repeat(99) }),
  },
  ...TYPES.map((type) => ({
    name: `the content type ${JSON.stringify(type)}`,
    script: body(note, { "content-type": type }),
  })),
  { name: "no content type", script: body(note, {}) },
  { name: "fields of a trailer", script: body(note, { ...TYPE, ...withTrailer }) },
  { name: "no bytes", script: body(Buffer.of()) },
  { name: "bytes that are no message", script: body(Buffer.from("ffff", "hex")) },
  { name: "a length", script: body(note, { ...TYPE, "content-length": note.length }) },
  {
    name: "a length that is too large",
    options: LIMITED,
    script: body(Buffer.alloc(41), { ...TYPE, "content-length": 41 }),
  },
  { name: "more than a message may have", options: LIMITED, script: body(Buffer.alloc(41)) },
  ...["gzip", "br", "GZIP", "identity", "snappy", ""].map((encoding) => ({
    name: `the encoding ${JSON.stringify(encoding)}`,
    script: body(gzipSync(bytesOf.getNote(1, "x".repeat(2_000))), { ...TYPE, "content-encoding": encoding }),
  })),
  { name: "a GET request", options: GET, script: body(note) },
  {
    name: "a GET request with fields",
    options: GET,
    headers: [["x-text", "a"]],
    timeoutMs: 60_000,
    script: body(note),
  },
  { name: "a GET request that is compressed", options: GET_GZIP, script: body(note) },
];

/** What answers of Connect consist of whose body is the message. */
export const CONNECT_UNARY_CASES: readonly Case[] = cases.map((one) => ({
  ...overConnect(one),
  name: `Connect: ${one.name}`,
  kinds: ["getNote"],
}));
