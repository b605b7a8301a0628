import { once } from "node:events";
import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { type CallOptions, Code, ConnectError, createClient, type HandlerContext } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { fromFunction } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { afterAll, describe, expect, test } from "vitest";
import { drain, twice } from "./messages.ts";
import { WAYS } from "./programs.ts";

type Notes = ReturnType<typeof createClient<typeof NotesService>>;
type Call = (notes: Notes, text: string, options?: CallOptions) => Promise<unknown>;

const kinds: Readonly<Record<string, Call>> = {
  unary: (notes, title, options) => notes.createNote({ title }, options),
  "server stream": (notes, _, options) => drain(notes.watchNotes({}, options)),
  "client stream": (notes, title, options) => notes.importNotes(twice({ title }), options),
  "bidi stream": (notes, noteId, options) => drain(notes.syncNotes(twice({ noteId }), options)),
};

// The caller's Node refuses it over HTTP/2, the server's over HTTP/1.1.
const refusals = {
  "2": 'HTTP/1 Connection specific headers are forbidden: "connection"',
  "1.1": "HTTP 400",
};

const codes = Object.values(Code).filter((code) => typeof code === "number");

// What Connect's client says of networks, said by a server.
const NETWORK_WORDS = "http/2 stream closed with error code CANCEL (0x8)";

let answer: (ctx: HandlerContext) => Promise<void> = async () => undefined;

const handler = connectNodeAdapter({
  routes: (router) =>
    router.service(NotesService, {
      createNote: (_, ctx) => answer(ctx).then(() => ({})),
      async *watchNotes(_, ctx) {
        yield { sequence: 1n };
        await answer(ctx);
      },
      importNotes: (_, ctx) => answer(ctx).then(() => ({})),
      async *syncNotes(requests, ctx) {
        for await (const { noteId } of requests) {
          yield { noteId };
        }
        await answer(ctx);
      },
    }),
});
const http1 = createHttp1Server(handler);
const http2 = createHttp2Server(handler);
const sessions = new Set<ServerHttp2Session>();
http2.on("session", (session) => sessions.add(session));
for (const server of [http1, http2]) {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
}
afterAll(() => {
  http1.closeAllConnections();
  for (const session of sessions) {
    session.destroy();
  }
  http1.close();
  http2.close();
});

for (const { protocol, httpVersion } of WAYS) {
  const server = httpVersion === "2" ? http2 : http1;
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  const session = createSession({ baseUrl, source: fromFunction(async () => "token") });
  const transport = createNodeTransport({ baseUrl, session, protocol, httpVersion });
  const notes = createClient(NotesService, transport);

  describe(`over ${protocol} and HTTP/${httpVersion}`, () => {
    for (const [kind, call] of Object.entries(kinds)) {
      if (httpVersion === "1.1" && kind === "bidi stream") {
        continue; // it has no full duplex
      }

      test(`an error that the server answers with stays what it is (${kind})`, async () => {
        for (const code of codes) {
          answer = () => Promise.reject(new ConnectError(NETWORK_WORDS, code));
          const error = await call(notes, "x").then(() => undefined, ConnectError.from);
          expect(error).toMatchObject({ code, rawMessage: NETWORK_WORDS });
        }
      });

      test(`an abort of the caller is Canceled (${kind})`, async () => {
        const stop = new AbortController();
        answer = async ({ signal }) => {
          stop.abort();
          await once(signal, "abort");
        };
        const error = await call(notes, "x", { signal: stop.signal }).then(
          () => undefined,
          ConnectError.from,
        );
        expect(error?.code).toBe(Code.Canceled);
      });

      test(`a deadline that passes is DeadlineExceeded (${kind})`, async () => {
        answer = ({ signal }) => once(signal, "abort").then(() => undefined);
        const error = await call(notes, "x", { timeoutMs: 300 }).then(() => undefined, ConnectError.from);
        expect(error?.code).toBe(Code.DeadlineExceeded);
      });
    }

    test("messages that throw are no fault of the network", async () => {
      answer = async () => undefined;
      const messages = twice({ title: "x" }, () => Promise.reject(new Error("no second message")));
      const error = await notes.importNotes(messages).then(() => undefined, ConnectError.from);
      expect(error).toMatchObject({ code: Code.Internal, rawMessage: "no second message" });
    });

    test("a header that cannot be sent is no fault of the network", async () => {
      const headers = { connection: "upgrade", "transfer-encoding": "no", te: "no" };
      const error = await notes.createNote({}, { headers }).then(() => undefined, ConnectError.from);
      expect(error).toMatchObject({ code: Code.Internal, rawMessage: refusals[httpVersion] });
    });
  });
}

test("gRPC is refused over HTTP/1.1, when the transport is made", () => {
  const baseUrl = "http://127.0.0.1:1";
  const session = createSession({ baseUrl, source: fromFunction(async () => "token") });
  expect(() => createNodeTransport({ baseUrl, session, httpVersion: "1.1" })).toThrow(
    new TypeError('gRPC needs HTTP/2: with httpVersion "1.1", protocol must be "grpc-web" or "connect"'),
  );
});

test("what the network does to the session's own calls is Unavailable, too", async () => {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  await using session = createSession({ baseUrl: `http://127.0.0.1:${port}` });
  const signIn = () =>
    session.signIn({ username: "a", password: "b" }).then(() => undefined, ConnectError.from);
  expect((await signIn())?.code).toBe(Code.Unavailable);
  await new Promise((resolve) => server.close(resolve));
  expect((await signIn())?.code).toBe(Code.Unavailable);
});
