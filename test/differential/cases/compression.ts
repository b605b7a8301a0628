import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Case } from "../case.ts";
import { caseOf, DIALECTS, type Dialect, encode, frame, inDialects, isConnect } from "../wire.ts";

const CODINGS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: (bytes) => gzipSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  identity: (bytes) => bytes,
  zstd: (bytes) => bytes,
  GZIP: (bytes) => gzipSync(bytes),
  "gzip, br": (bytes) => bytes,
  "": (bytes) => bytes,
};

const ACCEPTED = [
  "gzip",
  "br",
  "identity",
  "gzip, br",
  "br,gzip",
  "zstd",
  "",
  "*",
  "gzip;q=0",
  "GZIP",
  "identity,gzip",
];

const encodingField = (dialect: Dialect) => (isConnect(dialect) ? "content-encoding" : "grpc-encoding");
const acceptField = (dialect: Dialect) => (isConnect(dialect) ? "accept-encoding" : "grpc-accept-encoding");

/** Compression that is used, offered, or not known. */
export const compressionCases: readonly Case[] = [
  ...DIALECTS.flatMap((dialect) =>
    Object.entries(CODINGS).map(([coding, compress]) => {
      const body = compress(encode(dialect, { text: "hello ".repeat(20) }));
      return caseOf(dialect, `a request with ${JSON.stringify(coding)}`, {
        more: [[encodingField(dialect), coding]],
        steps: [isConnect(dialect) ? body : frame(body, { flags: coding === "identity" ? 0 : 1 }), "end"],
      });
    }),
  ),
  ...inDialects(["grpc", "grpc-web"], "a message that is not compressed where others are", {
    more: [["grpc-encoding", "gzip"]],
  }),
  ...inDialects(["grpc", "grpc-web"], "a compressed message without a word on how", (dialect) => ({
    steps: [frame(gzipSync(encode(dialect, { text: "hello" })), { flags: 1 }), "end"],
  })),
  ...inDialects(["grpc", "connect"], "what says gzip and is none", (dialect) => ({
    more: [[encodingField(dialect), "gzip"]],
    steps: [
      isConnect(dialect) ? encode(dialect) : frame(encode(dialect, { text: "x" }), { flags: 1 }),
      "end",
    ],
  })),
  ...inDialects(["grpc", "connect"], "a bomb", (dialect) => {
    const body = gzipSync(encode(dialect, { text: "x".repeat(100_000) }));
    return {
      more: [[encodingField(dialect), "gzip"]],
      steps: [isConnect(dialect) ? body : frame(body, { flags: 1 }), "end"],
    };
  }),
  ...DIALECTS.flatMap((dialect) =>
    ACCEPTED.map((accepted) =>
      caseOf(dialect, `accepts ${JSON.stringify(accepted)}`, { more: [[acceptField(dialect), accepted]] }),
    ),
  ),
  ...inDialects(DIALECTS, "accepts gzip, and the answer is large", (dialect) => ({
    does: "large 1500",
    more: [[acceptField(dialect), "gzip"]],
  })),
  ...inDialects(DIALECTS, "accepts gzip, and the call fails", (dialect) => ({
    does: "fail-details 5",
    more: [[acceptField(dialect), "gzip"]],
  })),
  ...inDialects(["grpc", "grpc-web"], "what a browser accepts", {
    more: [["accept-encoding", "gzip, deflate, br"]],
  }),
];
