import { type AddressInfo, createServer, type Socket } from "node:net";
import { brotliCompressSync, constants } from "node:zlib";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { fromFunction } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { describe, expect, test } from "vitest";
import {
  createFrameReader,
  END_HEADERS,
  encodeFields,
  FRAME,
  toFrame,
  toUint32,
} from "../../../support/http2-frames.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { WAYS, type Way } from "./programs.ts";

/** What a server does with a connection, as soon as a request came in on it. */
type OddServer = (socket: Socket, contentType: string) => void;

const SETTINGS = toFrame(FRAME.settings, 0, 0, new Uint8Array());
const CODES = Array.from({ length: 14 }, (_, code) => code);

const head = (contentType: string, ...more: readonly (readonly [string, string])[]): Buffer =>
  toFrame(
    FRAME.headers,
    END_HEADERS,
    1,
    encodeFields([[":status", "200"], ["content-type", contentType], ...more]),
  );
const part = toFrame(FRAME.data, 0, 1, Buffer.of(0, 0, 0, 0, 9, 10));
const reset = (code: number): Buffer => toFrame(FRAME.reset, 0, 1, toUint32(code));
const goaway = (code: number): Buffer =>
  toFrame(FRAME.goaway, 0, 0, Buffer.concat([toUint32(0), toUint32(code)]));

const anywhere: Readonly<Record<string, OddServer>> = {
  "closes at once": (socket) => socket.end(),
  "resets at once": (socket) => void socket.resetAndDestroy(),
  "sends noise": (socket) => void socket.end(Buffer.from("\0\x01noise\xff\xfe\r\n\r\n", "latin1")),
};

const overHttp1: Readonly<Record<string, OddServer>> = {
  "breaks off in the header": (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-"),
  "breaks off a body of some length": (socket, type) =>
    socket.end(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: 99\r\n\r\n{`),
  "breaks off chunks": (socket, type) =>
    socket.end(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`),
  "sends a chunk that is none": (socket, type) =>
    socket.end(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\nno\r\n`),
};

const overHttp2: Readonly<Record<string, OddServer>> = {
  "speaks HTTP/1.1": (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
  "is silent": () => undefined,
  "is silent behind its settings": (socket) => void socket.write(SETTINGS),
  "closes behind its settings": (socket) => socket.end(SETTINGS),
  "closes behind the header": (socket, type) => socket.end(Buffer.concat([SETTINGS, head(type)])),
  "closes behind a part": (socket, type) => socket.end(Buffer.concat([SETTINGS, head(type), part])),
  ...Object.fromEntries(
    CODES.flatMap((code): (readonly [string, OddServer])[] => [
      [`leaves with ${code}`, (socket) => void socket.end(Buffer.concat([SETTINGS, goaway(code)]))],
      [`resets with ${code}`, (socket) => void socket.write(Buffer.concat([SETTINGS, reset(code)]))],
      [
        `resets with ${code} behind the header`,
        (socket, type) => void socket.write(Buffer.concat([SETTINGS, head(type), reset(code)])),
      ],
      [
        `resets with ${code} behind a part`,
        (socket, type) => void socket.write(Buffer.concat([SETTINGS, head(type), part, reset(code)])),
      ],
      [
        `leaves with ${code} behind a part`,
        (socket, type) => void socket.end(Buffer.concat([SETTINGS, head(type), part, goaway(code)])),
      ],
    ]),
  ),
};

const PREFIX = { connect: "", "grpc-web": "grpc-web+", grpc: "grpc+" } as const;

const kinds = {
  unary: async (notes: Notes) => void (await notes.createNote({ title: "x" })),
  "server stream": async (notes: Notes) => {
    for await (const _ of notes.watchNotes({})) {
    }
  },
} as const;

for (const way of WAYS) {
  const servers = { ...anywhere, ...(way.httpVersion === "2" ? overHttp2 : overHttp1) };
  for (const [kind, call] of Object.entries(kinds)) {
    describe(`a call (${kind}, ${way.protocol}, HTTP/${way.httpVersion}) is Unavailable`, () => {
      test.each(Object.entries(servers))("when its server %s", async (_, server) => {
        await using odd = await serveOddly(server, contentTypeOf(way, kind));
        const error = await call(odd.notes(way)).then(() => undefined, ConnectError.from);
        expect(error?.rawMessage).toMatch(/\w{3}/);
        expect(Code[error?.code ?? Code.Unknown], error?.rawMessage).toBe("Unavailable");
      });
    });
  }
}

describe("a few bytes that would become more than a server of ours sends", () => {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };
  const bomb = brotliCompressSync(Buffer.alloc(16 * 1024 * 1024 + 1), { params });
  const ways = notEmpty(WAYS.filter(({ httpVersion }) => httpVersion === "2"));
  test.each(ways)("are ResourceExhausted over $protocol", async (way) => {
    const isBare = way.protocol === "connect";
    const body = isBare ? bomb : Buffer.concat([Buffer.of(1), toUint32(bomb.length), bomb]);
    const field = [isBare ? "content-encoding" : "grpc-encoding", "br"] as const;
    const send: OddServer = (socket, type) => {
      const answer = Buffer.concat([head(type, field), toFrame(FRAME.data, 1, 1, body)]);
      socket.on(
        "data",
        createFrameReader((frame) => void (frame === FRAME.headers && socket.write(answer))),
      );
      socket.write(SETTINGS); // without them the client sends no request
    };
    await using odd = await serveOddly(send, contentTypeOf(way, "unary"));
    const error = await odd
      .notes(way)
      .createNote({})
      .then(() => undefined, ConnectError.from);
    expect(Code[error?.code ?? Code.Unknown], error?.rawMessage).toBe("ResourceExhausted");
  });
});

function contentTypeOf({ protocol }: Way, kind: string): string {
  if (protocol !== "connect") {
    return `application/${PREFIX[protocol]}proto`;
  }
  return kind === "unary" ? "application/proto" : "application/connect+proto";
}

type Notes = ReturnType<typeof createClient<typeof NotesService>>;

async function serveOddly(odd: OddServer, contentType: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.once("data", () => odd(socket, contentType));
    socket.on("data", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const session = createSession({ baseUrl, source: fromFunction(async () => "token") });
  return {
    notes: (way: Way) =>
      createClient(
        NotesService,
        createNodeTransport({ baseUrl, session, ...way, pingIntervalMs: 50, pingTimeoutMs: 50 }),
      ),
    async [Symbol.asyncDispose]() {
      session.dispose();
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
