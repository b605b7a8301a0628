import { constants } from "node:http2";
import { answer, type Case, frame, headerOnly, type Kind, TYPE } from "../script.ts";

const SENDING: readonly Kind[] = ["importNotes", "syncNotes"];

async function* texts(count: number, text: string): AsyncGenerator<string> {
  for (let index = 0; index < count; index += 1) {
    yield `${index}${text}`;
  }
}

/** Messages whose source fails after some. */
async function* failing(count: number, error: unknown): AsyncGenerator<string> {
  yield* texts(count, "");
  throw error;
}

const RESETS = [
  constants.NGHTTP2_NO_ERROR,
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_INTERNAL_ERROR,
  constants.NGHTTP2_STREAM_CLOSED,
  constants.NGHTTP2_REFUSED_STREAM,
  constants.NGHTTP2_CANCEL,
  constants.NGHTTP2_ENHANCE_YOUR_CALM,
];

const SOME: readonly Kind[] = ["getNote", "syncNotes"];
/** Long enough for a header to arrive on a slow machine. */
const DEADLINE_MS = 1_500;

/** How requests are made, and how they are ended. */
export const REQUEST_CASES: readonly Case[] = [
  ...[0, 1, 3, 50, 2_000].map((count) => ({
    name: `${count} messages sent`,
    kinds: SENDING,
    messages: () => texts(count, "x"),
    script: answer({}),
  })),
  {
    name: "messages of 100,000 characters sent",
    kinds: SENDING,
    messages: () => texts(12, "x".repeat(100_000)),
    script: answer({}),
  },
  {
    name: "an answer before the messages have been sent",
    kinds: SENDING,
    messages: () => texts(500, "x".repeat(1_000)),
    script: answer({ waits: false }),
    isCutShort: true,
  },
  {
    name: "an error before the messages have been sent",
    kinds: SENDING,
    messages: () => texts(500, "x".repeat(1_000)),
    script: (stream) => stream.respond({ ":status": 200, ...TYPE, "grpc-status": "7" }, { endStream: true }),
    isCutShort: true,
  },
  ...[0, 2].flatMap((count): Case[] => [
    {
      name: `messages that fail after ${count}`,
      kinds: SENDING,
      messages: () => failing(count, new Error("no more of them")),
      script: answer({}),
      isCutShort: true,
    },
    {
      name: `messages that fail after ${count} with what is no error`,
      kinds: SENDING,
      messages: () => failing(count, "no more of them"),
      script: answer({}),
      isCutShort: true,
    },
  ]),
  { name: "an abort before the call", abortAt: "start", script: answer({}) },
  {
    name: "an abort with the header",
    kinds: ["watchNotes", "syncNotes"],
    abortAt: "head",
    script: async (stream, received) => {
      await received.body;
      stream.respond({ ":status": 200, ...TYPE });
    },
  },
  {
    name: "an abort with a message",
    kinds: ["watchNotes", "syncNotes"],
    abortAt: 1,
    script: (stream) => {
      stream.respond({ ":status": 200, ...TYPE });
      stream.write(frame(Buffer.of()));
    },
  },
  {
    name: "a deadline that passes",
    kinds: SOME,
    timeoutMs: DEADLINE_MS,
    script: () => undefined,
    isCutShort: true,
  },
  {
    name: "a deadline that passes behind the header",
    kinds: SOME,
    timeoutMs: DEADLINE_MS,
    script: (stream) => stream.respond({ ":status": 200, ...TYPE }),
    isCutShort: true,
  },
  ...[0, -1, 60_000].map((timeoutMs) => ({
    name: `a deadline of ${timeoutMs} ms`,
    timeoutMs,
    script: answer({}),
  })),
  ...[
    ["x-text", "a"],
    ["X-Upper", "a"],
    ["x-bytes-bin", "AAEC"],
    ["x-empty", ""],
    ["user-agent", "mine/1.0"],
    ["te", "gzip"],
    ["cookie", "a=1; b=2"],
    ["grpc-accept-encoding", "none"],
    ["content-type", "text/plain"],
    ["connection", "close"],
    ["transfer-encoding", "chunked"],
    ["host", "elsewhere.example"],
    ["constructor", "a"],
  ].map(
    ([name = "", value = ""]): Case => ({
      name: `the header ${name}: ${JSON.stringify(value)}`,
      kinds: SOME,
      headers: [[name, value]],
      script: answer({}),
    }),
  ),
  {
    name: "headers that come twice",
    headers: [
      ["x-twice", "1"],
      ["x-twice", "2"],
    ],
    script: answer({}),
  },
  ...RESETS.flatMap((code): Case[] => [
    {
      name: `a reset with ${code} before the answer`,
      script: (stream) => stream.close(code),
      isCutShort: true,
    },
    {
      name: `a reset with ${code} behind the header`,
      script: async (stream, received) => {
        await received.body;
        stream.respond({ ":status": 200, ...TYPE });
        setImmediate(() => stream.close(code));
      },
    },
  ]),
  {
    name: "a header alone that is large",
    script: headerOnly({ ...TYPE, "grpc-status": "3", "x-long": "x".repeat(8_000) }),
  },
];
