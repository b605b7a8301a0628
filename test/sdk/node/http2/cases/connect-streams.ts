import type { OutgoingHttpHeaders } from "node:http2";
import { gzipSync } from "node:zlib";
import { connectType, endFrame } from "../connect-script.ts";
import { overConnect } from "../over-connect.ts";
import { type BytesOf, bytesOf, type Case, frame, type Kind, type Script, send } from "../script.ts";

const TYPE = connectType("watchNotes");
const SOME: readonly Kind[] = ["watchNotes", "syncNotes"];
const STREAMS: readonly Kind[] = ["watchNotes", "importNotes", "syncNotes"];

interface Parts {
  readonly status?: number;
  readonly header?: OutgoingHttpHeaders;
}

type FramesOf = (bytes: BytesOf) => readonly Uint8Array[];

/** Make a script that answers with these frames. */
function frames(framesOf: FramesOf, { status = 200, header = TYPE }: Parts = {}): Script {
  return async (stream, received) => {
    await received.body;
    if (!stream.closed) {
      send(stream, { status, header, body: framesOf(bytesOf[received.kind]), trailer: undefined });
    }
  };
}

const one: FramesOf = (bytes) => [frame(bytes(1, "one"))];
/** One message, and these ends. */
const ending =
  (...ends: readonly Uint8Array[]): FramesOf =>
  (bytes) => [...one(bytes), ...ends];

const OK = endFrame({});
const FAILED = {
  code: "not_found",
  message: "why",
  details: [{ type: "google.rpc.ErrorInfo", value: "CgFB" }],
};
const gzipped = { ...TYPE, "connect-content-encoding": "gzip", "x-text": "a" } as const;
const packedEnd = (end: object) => frame(gzipSync(JSON.stringify(end)), 3);

const ENDS: Readonly<Record<string, FramesOf>> = {
  "an end": ending(OK),
  "no end": one,
  "nothing at all": () => [],
  "an end alone": () => [OK],
  "an error": ending(endFrame({ error: FAILED, metadata: { "x-more": ["1", "2"] } })),
  "an error alone": () => [endFrame({ error: FAILED })],
  "an error that is null": ending(endFrame({ error: null })),
  "an error that is none": ending(endFrame({ error: 5 })),
  "an error without a code": ending(endFrame({ error: { message: "why" } })),
  "an error whose details are none": ending(endFrame({ error: { code: "aborted", details: [{}] } })),
  metadata: ending(
    endFrame({ metadata: { "x-text": ["a"], "X-Twice": ["1", "2"], "x-bytes-bin": ["AAEC"] } }),
  ),
  "metadata that are none": ending(endFrame({ metadata: [] })),
  "metadata without lists": ending(endFrame({ metadata: { a: "b" } })),
  "metadata with a name that is none": ending(endFrame({ metadata: { "a b": ["c"] } })),
  "an end that is no JSON": ending(frame(Buffer.from("{"), 2)),
  "an end without bytes": ending(frame(Buffer.of(), 2)),
  "an end that is a list": ending(frame(Buffer.from("[]"), 2)),
  "an end twice": ending(OK, OK),
  "a message behind the end": (bytes) => [OK, frame(bytes(2))],
  "half a message behind the end": ending(OK, Buffer.of(0, 0)),
  "half an end": ending(OK.subarray(0, 6)),
  "an end with other flags": ending(endFrame({}, 0x82)),
  "a message with other flags": (bytes) => [frame(bytes(1), 0x80), OK],
  "a compressed end without an encoding": ending(packedEnd({})),
  "a compressed message without an encoding": (bytes) => [frame(gzipSync(bytes(1)), 1), OK],
  "bytes that are no message": () => [frame(Buffer.from("ffff", "hex")), OK],
};

const PACKED: Readonly<Record<string, FramesOf>> = {
  "an end": ending(packedEnd({ metadata: { "x-more": ["1"] } })),
  "an error": ending(packedEnd({ error: FAILED })),
  "an end that is no gzip": ending(frame(Buffer.from("{}"), 3)),
  "a message": (bytes) => [frame(gzipSync(bytes(1, "x".repeat(3_000))), 1), OK],
  "messages, plain ones between them": (bytes) => [
    frame(bytes(1)),
    frame(gzipSync(bytes(2)), 1),
    frame(bytes(3)),
    packedEnd({}),
  ],
};

const STATUSES = [204, 400, 401, 404, 429, 500, 503];
const TYPES = [
  "application/connect+json",
  "application/proto",
  "application/grpc+proto",
  "application/json",
  "text/html",
  "",
];
const ENCODINGS = ["br", "identity", "IDENTITY", "snappy", ""];

const cases: readonly Case[] = [
  ...Object.entries(ENDS).map(([name, framesOf]) => ({ name, kinds: STREAMS, script: frames(framesOf) })),
  ...Object.entries(PACKED).map(([name, framesOf]) => ({
    name: `${name}, compressed`,
    kinds: SOME,
    script: frames(framesOf, { header: gzipped }),
  })),
  ...STATUSES.map((status) => ({
    name: `HTTP ${status}`,
    kinds: SOME,
    script: frames(ending(OK), { status }),
  })),
  ...TYPES.map((type) => ({
    name: `the content type ${JSON.stringify(type)}`,
    kinds: SOME,
    script: frames(ending(OK), { header: { "content-type": type } }),
  })),
  ...ENCODINGS.map((encoding) => ({
    name: `the encoding ${JSON.stringify(encoding)}`,
    kinds: SOME,
    script: frames(ending(OK), { header: { ...TYPE, "connect-content-encoding": encoding } }),
  })),
];

/** What streams of Connect consist of. */
export const CONNECT_STREAM_CASES: readonly Case[] = cases.map((each) => ({
  ...overConnect(each),
  name: `Connect: ${each.name}`,
}));
