import { gzipSync } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import {
  answer,
  type BodyOf,
  type BytesOf,
  type Case,
  frame,
  type Kind,
  type TransportOptions,
  TYPE,
} from "../script.ts";

const SENDING: readonly Kind[] = ["importNotes", "syncNotes"];
const READING: readonly Kind[] = ["getNote", "watchNotes", "syncNotes"];

/** The size of a message that has the only number, and a text of so many characters, is less than this many bytes more. */
const LIMIT = 200;

const gzipped = { ...TYPE, "grpc-encoding": "gzip" } as const;
const packed = (text: string) => (bytesOf: BytesOf) => [frame(gzipSync(bytesOf(1, text)), 1)];

/** One of the application's own, which pays no heed to limits. */
const reversing: Compression = {
  name: "reverse",
  compress: async (bytes) => bytes.toReversed(),
  decompress: async (bytes) => bytes.toReversed(),
};

const failing = (error: unknown): Compression => ({
  ...reversing,
  compress: () => Promise.reject(error),
});

async function* texts(): AsyncGenerator<string> {
  yield "short";
  yield "x".repeat(1_100);
  yield "y".repeat(70_000);
  yield "";
}

const SENT: Readonly<Record<string, TransportOptions>> = {
  "gzip as it is": { sendCompression: compressionGzip },
  "brotli as it is": { sendCompression: compressionBrotli },
  "gzip from the first byte on": { sendCompression: compressionGzip, compressMinBytes: 0 },
  "gzip from 7 bytes on": { sendCompression: compressionGzip, compressMinBytes: 7 },
  "gzip from 8 bytes on": { sendCompression: compressionGzip, compressMinBytes: 8 },
  "a compression of its own": { sendCompression: reversing, compressMinBytes: 1 },
};

const FAILING: Readonly<Record<string, TransportOptions>> = {
  "an error": { sendCompression: failing(new Error("no room")), compressMinBytes: 0 },
  "an error of Connect": {
    sendCompression: failing(new ConnectError("no room", Code.ResourceExhausted)),
    compressMinBytes: 0,
  },
};

const ACCEPTED: Readonly<Record<string, TransportOptions>> = {
  nothing: { acceptCompression: [] },
  brotli: { acceptCompression: [compressionBrotli] },
  "gzip and one of its own": { acceptCompression: [compressionGzip, reversing] },
};

const LIMITED: TransportOptions = { readMaxBytes: LIMIT };
const LIMITED_OWN: TransportOptions = { readMaxBytes: LIMIT, acceptCompression: [reversing] };

const goodAnd = (bytesOf: BytesOf, last: Buffer): Buffer =>
  Buffer.concat([frame(bytesOf(1, "one")), frame(bytesOf(2, "two")), last]);

/** Two good messages, and one that is too large or only announced, in one part or from the middle of the first on. */
const BEHIND_GOOD: Readonly<Record<string, BodyOf>> = {
  "that comes with them": (bytesOf) => [goodAnd(bytesOf, frame(bytesOf(3, "x".repeat(5_000))))],
  "that is announced with them": (bytesOf) => [goodAnd(bytesOf, Buffer.of(0, 0, 1, 0, 0))],
  "that comes with the second half of them": (bytesOf) => {
    const all = goodAnd(bytesOf, frame(bytesOf(3, "x".repeat(5_000))));
    return [all.subarray(0, 7), all.subarray(7)];
  },
};
/** How requests and answers are compressed, and how large messages may be. */
export const COMPRESSION_CASES: readonly Case[] = [
  ...Object.entries(SENT).flatMap(([name, options]): Case[] => [
    { name: `requests with ${name}`, options, script: answer({}) },
    { name: `messages with ${name}`, options, kinds: SENDING, messages: texts, script: answer({}) },
    {
      name: `an own encoding beside ${name}`,
      options,
      kinds: ["getNote", "importNotes"],
      headers: [["grpc-encoding", "own"]],
      script: answer({}),
    },
  ]),
  ...Object.entries(FAILING).map(
    ([name, options]): Case => ({
      name: `a compression that fails with ${name}`,
      options,
      script: answer({}),
      isCutShort: true,
    }),
  ),
  ...Object.entries(ACCEPTED).flatMap(([name, options]): Case[] => [
    { name: `a plain answer where a client accepts ${name}`, options, script: answer({}) },
    {
      name: `an answer of gzip where a client accepts ${name}`,
      options,
      script: answer({ header: gzipped, body: packed("x".repeat(3_000)) }),
    },
  ]),
  ...[0, 150, LIMIT, 5_000, 100_000].flatMap((size): Case[] => [
    {
      name: `a message of ${size} characters where ${LIMIT} bytes are the most`,
      options: LIMITED,
      kinds: READING,
      script: answer({ body: (bytesOf) => [frame(bytesOf(1, "x".repeat(size)))] }),
    },
    {
      name: `a message of gzip with ${size} characters where ${LIMIT} bytes are the most`,
      options: LIMITED,
      kinds: READING,
      script: answer({ header: gzipped, body: packed("x".repeat(size)) }),
    },
    {
      name: `a message of its own with ${size} characters where ${LIMIT} bytes are the most`,
      options: LIMITED_OWN,
      kinds: READING,
      script: answer({
        header: { ...TYPE, "grpc-encoding": "reverse" },
        body: (bytesOf) => [frame(bytesOf(1, "x".repeat(size)).toReversed(), 1)],
      }),
    },
  ]),
  ...Object.entries(BEHIND_GOOD).map(
    ([name, body]): Case => ({
      name: `good messages and one ${name} where ${LIMIT} bytes are the most`,
      options: LIMITED,
      script: answer({ body }),
    }),
  ),
  {
    name: `a length of four gigabytes where ${LIMIT} bytes are the most`,
    options: LIMITED,
    script: answer({ body: () => [Buffer.of(0, 0xff, 0xff, 0xff, 0xff, 1)] }),
  },
];
