import { type Case, pathOf } from "../case.ts";
import { caseOf, DIALECTS, frame, inDialects } from "../wire.ts";

const PATHS = [
  "/test.v1.EchoService/Unknown",
  "/test.v1.OtherService/Open",
  "/test.v1.EchoService/open",
  "/test.v1.EchoService/Open/",
  "/test.v1.EchoService//Open",
  "//test.v1.EchoService/Open",
  "/test.v1.EchoService/%4Fpen",
  "/test.v1.EchoService/Open?x=y",
  "/test.v1.EchoService/Open?",
  "/test.v1.EchoService/Open?access_token=abc",
  "/test.v1.EchoService/Open?encoding=json&message={}",
  "/test.v1.EchoService/Open#part",
  "/test.v1.EchoService",
  "/test.v1.EchoService/",
  "/test.v1.EchoService/Open/More",
  "/",
  "*",
  "/a/../test.v1.EchoService/Open",
  "/__proto__/constructor",
];

const VERBS = ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "FETCH"];

const QUERIES = [
  "",
  "?encoding=json&message={}",
  "?encoding=json&message=%7B%22text%22%3A%22hello%22%7D&connect=v1",
  "?encoding=proto&base64=1&message=CgVoZWxsbw",
  "?encoding=proto&base64=1&message=***",
  "?encoding=json&message={}&connect=v2",
  "?encoding=json&message={}&compression=gzip",
  "?encoding=xml&message={}",
  "?message={}",
  "?encoding=json",
];

/** Where requests go, and how they ask. */
export const routingCases: readonly Case[] = [
  ...PATHS.flatMap((path) => [
    ...inDialects(["grpc", "connect-json"], `path ${path}`, { path }),
    caseOf("connect-json", `path ${path} over HTTP/1.1`, { path, transport: "http1" }),
  ]),
  ...VERBS.flatMap((verb) => [
    ...inDialects(["grpc", "grpc-web", "connect-json"], `${verb}`, { verb, steps: ["end"] }),
    ...inDialects(["connect-json"], `${verb} of a method without side effects`, {
      verb,
      path: pathOf("Read"),
      steps: ["end"],
    }),
  ]),
  ...QUERIES.flatMap((query) =>
    (["h2", "http1"] as const).map((transport) =>
      caseOf("connect-json", `GET ${query} over ${transport}`, {
        transport,
        verb: "GET",
        path: pathOf("Read", query),
        fields: [],
        steps: ["end"],
      }),
    ),
  ),
  ...inDialects(DIALECTS, "POST of a method without side effects", { path: pathOf("Read") }),
  ...["Follow", "Collect", "Talk"].flatMap((method) =>
    inDialects(DIALECTS, `the streaming method ${method}`, { path: pathOf(method) }),
  ),
  ...["Follow", "Collect", "Talk"].flatMap((method) =>
    inDialects(["connect", "connect-json"], `the streaming method ${method} as a stream`, (dialect) => ({
      path: pathOf(method),
      fields: [
        ["content-type", dialect === "connect" ? "application/connect+proto" : "application/connect+json"],
      ],
      steps: [frame(dialect === "connect" ? Buffer.alloc(0) : Buffer.from("{}")), "end"],
    })),
  ),
  ...inDialects(["connect-json"], "two requests on one connection of HTTP/1.1", {
    transport: "http1",
    fields: [
      ["content-type", "application/json"],
      ["content-length", "2"],
      ["connection", "keep-alive"],
    ],
    steps: [
      Buffer.from("{}"),
      Buffer.from(
        `POST ${pathOf("Open")} HTTP/1.1\r\nhost: server\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
      ),
    ],
  }),
  ...inDialects(["connect-json", "grpc-web"], "chunked over HTTP/1.1", {
    transport: "http1",
    more: [["transfer-encoding", "chunked"]],
    steps: [Buffer.from("2\r\n{}\r\n0\r\n\r\n")],
  }),
  ...inDialects(["connect-json"], "chunked with a broken chunk over HTTP/1.1", {
    transport: "http1",
    more: [["transfer-encoding", "chunked"]],
    steps: [Buffer.from("zz\r\n{}\r\n0\r\n\r\n")],
  }),
  ...inDialects(["connect-json"], "no host over HTTP/1.1", { transport: "http1", more: [["host", ""]] }),
  ...inDialects(["connect-json"], "a strange host over HTTP/1.1", {
    transport: "http1",
    more: [["host", "a/b@c"]],
  }),
];
