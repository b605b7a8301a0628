import fc from "fast-check";
import type { HeaderFields } from "../differential/case.ts";
import {
  END_HEADERS,
  END_STREAM,
  encodeFields,
  FRAME,
  OPENING,
  toFrame,
  toUint32,
} from "../support/http2-frames.ts";

/** What is sent on one connection, and how the connection ends. */
export interface RandomConnection {
  readonly bytes: Buffer;
  /** Behind how many bytes there is a pause. */
  readonly pauseAt: number;
  readonly end: "wait" | "end" | "destroy" | "reset";
}

const SERVICE = "/test.v1.EchoService";
const method = fc.constantFrom(
  ...["POST", "POST", "POST", "GET", "OPTIONS", "HEAD", "PUT", "CONNECT", "PRI", "TRACE"],
);
const target = fc.constantFrom(
  ...["Call", "Call", "Server", "Upload", "Chat", "Nothing"].map((name) => `${SERVICE}/${name}`),
  ...["/", "//", "*", "http://[", "", "a:1", "/%"],
  `${SERVICE}/Call?connect=v1&encoding=json&message=%zz`,
  `${SERVICE}/Call?connect=v1&encoding=proto&base64=1&message=%%%`,
  `${SERVICE}/Call?connect=v1&encoding=json&compression=gzip&message=x`,
);
const host = fc.constantFrom("a", "a", "a", "[", "", "x:99999", "a b");
const contentType = fc.constantFrom(
  ...["json", "proto", "grpc", "grpc+proto", "grpc+json", "grpc-web", "grpc-web+proto", "grpc-web-text"].map(
    (name) => `application/${name}`,
  ),
  ...[
    "application/connect+json",
    "application/connect+proto",
    "text/html",
    "",
    "application/json; charset=\xff",
  ],
);
const oddField = fc.constantFrom<readonly [string, string]>(
  ...["1n", "99999999H", "no"].map((value) => ["grpc-timeout", value] as const),
  ...["1", "0", "-1", "99999999999"].map((value) => ["connect-timeout-ms", value] as const),
  ...["gzip", "br", "no"].map((value) => ["content-encoding", value] as const),
  ["grpc-encoding", "gzip"],
  ["connect-content-encoding", "gzip"],
  ["expect", "100-continue"],
  ["expect", "no"],
  ["authorization", "Bearer \xff"],
  ["x-odd-bin", "\xff!"],
  ["te", "gzip"],
  ["connection", "close"],
  ["connection", "upgrade"],
  ["upgrade", "h2c"],
  ["countersign-stream-id", "\xff"],
  ["content-length", "5"],
  ["__proto__", "x"],
);
const oddFields = fc.array(oddField, { maxLength: 4 });
const body = fc.oneof(
  fc.constant(new Uint8Array()),
  fc.constant(Buffer.from("{}")),
  fc.constant(Buffer.alloc(5)),
  fc.constant(Buffer.of(0, 255, 255, 255, 255)),
  fc.constant(Buffer.alloc(100_000)),
  fc.uint8Array({ maxLength: 40 }),
  fc
    .tuple(fc.nat(255), fc.nat(9), fc.uint8Array({ maxLength: 9 }))
    .map(([flags, length, bytes]) => Buffer.concat([Buffer.of(flags, 0, 0, 0, length), bytes])),
);

const http1Request = fc
  .record({
    method,
    target,
    host,
    contentType,
    oddFields,
    body,
    version: fc.constantFrom("1.1", "1.1", "1.1", "1.0", "2.0"),
    // How long the body is said to be; absent: chunks, which end in this way.
    length: fc.constantFrom("right", "right", "9", undefined),
    chunkEnd: fc.constantFrom("\r\n0\r\n\r\n", "\r\n0\r\n\r\n", "\r\n0x", "\r\n", ""),
  })
  .map(toHttp1);

/** Bytes on a connection of HTTP/1.1: up to three requests, which may break off. */
export const http1Connection: fc.Arbitrary<RandomConnection> = fc
  .array(http1Request, { minLength: 1, maxLength: 3 })
  .chain((requests) => toConnection(Buffer.concat(requests)));

const streamId = fc.constantFrom(1, 3, 5, 7, 99);
const code = fc.nat(14).map(toUint32);
const http2Frames = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record({ method, target, host: fc.option(host), contentType, oddFields, body, isReset: fc.boolean() })
      .map((request) => (id: number) => toHttp2(request, id)),
  },
  fc.tuple(streamId, code).map(
    ([id, reason]) =>
      () =>
        toFrame(FRAME.reset, 0, id, reason),
  ),
  fc.tuple(fc.constantFrom(0, 1), fc.nat(2)).map(
    ([id, size]) =>
      () =>
        toFrame(FRAME.windowUpdate, 0, id, toUint32(size)),
  ),
  code.map((reason) => () => toFrame(FRAME.goaway, 0, 0, Buffer.concat([toUint32(1), reason]))),
  fc.tuple(fc.nat(15), fc.nat(255), fc.nat(5), fc.uint8Array({ maxLength: 20 })).map(
    ([type, flags, id, payload]) =>
      () =>
        toFrame(type, flags, id, payload),
  ),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => () => Buffer.from(bytes)),
);

/** Bytes on a connection of HTTP/2: frames that may mean nothing, or break off. */
export const http2Connection: fc.Arbitrary<RandomConnection> = fc
  .array(http2Frames, { minLength: 1, maxLength: 8 })
  .chain((frames) =>
    toConnection(Buffer.concat([OPENING, ...frames.map((make, index) => make(2 * index + 1))])),
  );

function toConnection(bytes: Buffer): fc.Arbitrary<RandomConnection> {
  return fc.record({
    bytes: fc.oneof(
      { weight: 3, arbitrary: fc.constant(bytes) },
      fc.nat(bytes.length).map((length) => bytes.subarray(0, length)),
    ),
    pauseAt: fc.nat(bytes.length),
    end: fc.constantFrom<RandomConnection["end"]>("wait", "end", "destroy", "reset"),
  });
}

interface RandomRequest {
  readonly method: string;
  readonly target: string;
  readonly contentType: string;
  readonly oddFields: HeaderFields;
  readonly body: Uint8Array;
}

interface RandomHttp1Request extends RandomRequest {
  readonly host: string;
  readonly version: string;
  readonly length: string | undefined;
  readonly chunkEnd: string;
}

function toHttp1({ body: bytes, length, chunkEnd, ...request }: RandomHttp1Request): Buffer {
  const framing: HeaderFields =
    length === undefined
      ? [["transfer-encoding", "chunked"]]
      : [["content-length", length === "right" ? String(bytes.length) : length]];
  const header: HeaderFields = [
    ["host", request.host],
    ["content-type", request.contentType],
    ...request.oddFields,
    ...framing,
  ];
  const lines = header.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `${request.method} ${request.target} HTTP/${request.version}\r\n${lines}\r\n`;
  const chunk = [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from(chunkEnd)];
  return Buffer.concat([Buffer.from(head, "latin1"), ...(length === undefined ? chunk : [bytes])]);
}

function toHttp2(
  request: RandomRequest & { readonly host: string | null; readonly isReset: boolean },
  id: number,
): Buffer {
  const fields: HeaderFields = [
    [":method", request.method],
    [":scheme", "http"],
    [":path", request.target],
    ...(request.host === null ? [] : [[":authority", request.host] as const]),
    ["content-type", request.contentType],
    ...request.oddFields.filter(([name]) => !["connection", "upgrade"].includes(name)),
  ];
  return Buffer.concat([
    toFrame(FRAME.headers, END_HEADERS, id, encodeFields(fields)),
    toFrame(FRAME.data, END_STREAM, id, request.body.subarray(0, 16_384)),
    ...(request.isReset ? [toFrame(FRAME.reset, 0, id, toUint32(8))] : []),
  ]);
}
