import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { answer, type BytesOf, type Case, frame, headerOnly, type Kind, OK, TYPE } from "../script.ts";

const HTTP_STATUSES = [201, 204, 206, 301, 304, 400, 401, 403, 404, 408, 415, 429, 500, 502, 503, 504];
const TYPES = [
  "application/grpc",
  "application/grpc+json",
  "application/grpc+json; charset=utf-8",
  "application/grpc; charset=utf-8",
  "APPLICATION/GRPC",
  "Application/gRPC+Proto",
  "application/grpc-web+proto",
  "application/proto",
  "text/html",
  "",
];
const SOME: readonly Kind[] = ["getNote", "watchNotes"];

const packers = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };
const packed = (pack: (bytes: Uint8Array) => Uint8Array) => (bytesOf: BytesOf) =>
  [1, 2].map((number) => frame(pack(bytesOf(number, "x".repeat(3_000))), 1)).slice(0, 1);

/** How answers begin, and how their messages are compressed. */
export const HEAD_CASES: readonly Case[] = [
  ...HTTP_STATUSES.flatMap((status): Case[] => [
    { name: `HTTP ${status} with a page`, script: headerOnly({ "content-type": "text/html" }, status) },
    {
      name: `HTTP ${status} with a status of gRPC`,
      kinds: SOME,
      script: headerOnly({ ...TYPE, "grpc-status": "7", "x-text": "a" }, status),
    },
  ]),
  {
    name: "HTTP 503 with a long page",
    script: answer({ status: 503, body: () => [Buffer.alloc(200_000)], trailer: undefined }),
  },
  ...TYPES.map((type) => ({
    name: `content type ${JSON.stringify(type)}`,
    kinds: SOME,
    script: answer({ header: { "content-type": type } }),
  })),
  { name: "no content type", kinds: SOME, script: answer({ header: {} }) },
  ...Object.entries(packers).flatMap(([name, pack]): Case[] => [
    {
      name: `a message compressed with ${name}`,
      script: answer({ header: { ...TYPE, "grpc-encoding": name }, body: packed(pack) }),
    },
    {
      name: `a message with the flag of ${name} that is not compressed`,
      kinds: SOME,
      script: answer({
        header: { ...TYPE, "grpc-encoding": name },
        body: (bytesOf) => [frame(bytesOf(1), 1)],
      }),
    },
    {
      name: `a message of ${name} without the flag`,
      kinds: SOME,
      script: answer({
        header: { ...TYPE, "grpc-encoding": name },
        body: (bytesOf) => [frame(pack(bytesOf(1, "x")))],
      }),
    },
    {
      name: `a plain message where ${name} is the encoding`,
      kinds: SOME,
      script: answer({ header: { ...TYPE, "grpc-encoding": name } }),
    },
    {
      name: `no bytes, with the flag of ${name}`,
      kinds: SOME,
      script: answer({ header: { ...TYPE, "grpc-encoding": name }, body: () => [frame(Buffer.of(), 1)] }),
    },
    {
      name: `a message of ${name} that is cut short`,
      kinds: SOME,
      script: answer({
        header: { ...TYPE, "grpc-encoding": name },
        body: (bytesOf) => [frame(pack(bytesOf(1, "x".repeat(500))).subarray(0, 12), 1)],
      }),
    },
    {
      name: `messages of ${name}, plain ones between them`,
      kinds: ["watchNotes", "syncNotes"],
      script: answer({
        header: { ...TYPE, "grpc-encoding": name },
        body: (bytesOf) => [
          frame(bytesOf(1)),
          frame(pack(bytesOf(2, "x".repeat(9_000))), 1),
          frame(bytesOf(3)),
          frame(pack(bytesOf(4)), 1),
        ],
      }),
    },
  ]),
  ...["identity", "GZIP", "snappy", "", "gzip, br"].map((encoding) => ({
    name: `the encoding ${JSON.stringify(encoding)}`,
    kinds: SOME,
    script: answer({ header: { ...TYPE, "grpc-encoding": encoding } }),
  })),
  {
    name: "a compressed message without an encoding",
    script: answer({ body: packed(gzipSync) }),
  },
  {
    name: "early hints before the answer",
    kinds: SOME,
    script: (stream, received) => {
      stream.additionalHeaders({ ":status": 103, link: "</a>" });
      return answer({ trailer: OK })(stream, received);
    },
  },
];
