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

/** What a server does with a connection when its first bytes have come. */
type OddServer = (socket: Socket, contentType: string, first: Buffer) => void;

/** What a server of HTTP/2 sends behind the header of a request. */
type OddAnswer = (id: number, contentType: string) => readonly Buffer[];

const PREFACE_BYTES = 24;
const SETTINGS = toFrame(FRAME.settings, 0, 0, new Uint8Array());
const CODES = Array.from({ length: 14 }, (_, code) => code);

const head = (id: number, contentType: string, ...more: readonly (readonly [string, string])[]): Buffer =>
  toFrame(
    FRAME.headers,
    END_HEADERS,
    id,
    encodeFields([[":status", "200"], ["content-type", contentType], ...more]),
  );
const part = (id: number): Buffer => toFrame(FRAME.data, 0, id, Buffer.of(0, 0, 0, 0, 9, 10));
const reset = (id: number, code: number): Buffer => toFrame(FRAME.reset, 0, id, toUint32(code));
const goaway = (lastId: number, code: number): Buffer =>
  toFrame(FRAME.goaway, 0, 0, Buffer.concat([toUint32(lastId), toUint32(code)]));

/** Answer each request when its header has come: what came before it would be a mistake of the whole connection. */
const behindRequest =
  (answerOf: OddAnswer, end: "stays" | "closes" = "stays"): OddServer =>
  (socket, contentType, first) => {
    const read = createFrameReader((type, _flags, id) => {
      if (type === FRAME.headers) {
        socket.write(Buffer.concat(answerOf(id, contentType)));
        if (end === "closes") {
          socket.end();
        }
      }
    });
    socket.write(SETTINGS); // without them the client sends no request
    socket.on("data", read);
    read(first.subarray(PREFACE_BYTES));
  };

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
  "closes behind the header": behindRequest((id, type) => [head(id, type)], "closes"),
  "closes behind a part": behindRequest((id, type) => [head(id, type), part(id)], "closes"),
  ...Object.fromEntries(
    CODES.flatMap((code): (readonly [string, OddServer])[] => [
      [`leaves with ${code}`, (socket) => void socket.end(Buffer.concat([SETTINGS, goaway(0, code)]))],
      [`resets with ${code}`, behindRequest((id) => [reset(id, code)])],
      [
        `resets with ${code} behind the header`,
        behindRequest((id, type) => [head(id, type), reset(id, code)]),
      ],
      [
        `resets with ${code} behind a part`,
        behindRequest((id, type) => [head(id, type), part(id), reset(id, code)]),
      ],
      [
        `leaves with ${code} behind a part`,
        behindRequest((id, type) => [head(id, type), part(id), goaway(id, code)], "closes"),
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
    const send = behindRequest((id, type) => [head(id, type, field), toFrame(FRAME.data, 1, id, body)]);
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
    socket.once("data", (first: Buffer) => odd(socket, contentType, first));
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
