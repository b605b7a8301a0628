import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { guardNodeServer } from "@countersign/node";
import { describe, expect, it } from "vitest";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { connectRaw, readAll, serve, serveHandler } from "../serving.ts";

const PATH = "/countersign.demo.v1.NotesService/CreateNote";

/** A call whose body is as long as it says, unless it says so. */
const call = (fields = "", body = "{}", length = body.length): string =>
  `POST ${PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${fields}Content-Length: ${length}\r\n\r\n${body}`;

/** More than Node reads ahead. */
const UNREAD = "x".repeat(200_000);

const LAST = call("Connection: close\r\n");

const CLOSING = {
  "a refusal whose body is not read": call("X-Refuse: 1\r\n", UNREAD),
  "a refusal of the last call": call("X-Refuse: 1\r\nConnection: close\r\n"),
  "a call that says it is the last": LAST,
  "a target that is none": call().replace(PATH, "//x"),
  "a page that is not there, whose body is not read": call("", UNREAD).replace(PATH, "/x"),
  "a message that is too large": call("", UNREAD),
  "a version that is none of HTTP/1": call().replace("HTTP/1.1", "HTTP/2.0"),
  "a coding that is not known": call("Transfer-Encoding: gzip, chunked\r\n", "2\r\n{}\r\n0\r\n\r\n").replace(
    /Content-Length.*?\r\n/,
    "",
  ),
};

describe.each([true, false])(
  "requests behind an answer that closes, with the fast path: %s",
  (unaryFastPath) => {
    async function serveNotes() {
      const titles: string[] = [];
      const serving = await serve({
        unaryFastPath,
        readMaxBytes: 4000,
        routes: (router) =>
          router.service(NotesService, {
            createNote({ title }) {
              titles.push(title);
              return { title };
            },
          }),
        // Decides later, when all that came with the call has been parsed.
        async requestGate({ requestHeader }) {
          await new Promise((resolve) => setImmediate(resolve));
          if (requestHeader.has("x-refuse")) {
            throw new ConnectError("refused", Code.Unauthenticated);
          }
        },
      });
      return { serving, titles };
    }
    const behind = Array.from({ length: 50 }, () => call("", '{"title":"behind"}')).join("");

    for (const [name, bytes] of Object.entries(CLOSING)) {
      it(`are not handled (${name})`, async () => {
        const { serving, titles } = await serveNotes();
        await using _ = serving;
        const socket = await connectRaw(serving.port);
        const answers = readAll(socket);
        socket.write(bytes + behind);
        expect((await answers).match(/HTTP\/1\.1 \d+/g)).toHaveLength(1);
        expect(titles).not.toContain("behind");
      });
    }

    it("are all handled, in their order, when none closes", async () => {
      const { serving, titles } = await serveNotes();
      await using _ = serving;
      const socket = await connectRaw(serving.port);
      const answers = readAll(socket);
      const sent = Array.from({ length: 60 }, (__, index) => String(index));
      socket.write(sent.map((title) => call("", JSON.stringify({ title }))).join("") + LAST);
      expect((await answers).match(/HTTP\/1\.1 200/g)).toHaveLength(61);
      expect(titles).toEqual([...sent, ""]);
    });
  },
);

describe("requests that wait for one that does not end", () => {
  it("are bounded: the first too many is answered with 429 when its turn comes, and closes", async () => {
    const seen: string[] = [];
    let finish: () => void = () => undefined;
    await using serving = await serveHandler(
      (req, res) => {
        seen.push(req.url ?? "");
        if (req.url === "/first") {
          finish = () => void res.end();
        } else {
          res.end();
        }
      },
      { limits: { maxPipelinedRequests: 3 } },
    );
    const socket = await connectRaw(serving.port);
    const answers = readAll(socket);
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
    socket.write(get("/first") + get("/next").repeat(100));
    await expect.poll(() => seen).toEqual(["/first"]);
    socket.write(get("/later").repeat(100));
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    expect((await answers).match(/HTTP\/1\.1 \d+|retry-after: \d+/gi)).toEqual([
      ...Array.from({ length: 4 }, () => "HTTP/1.1 200"),
      "HTTP/1.1 429",
      "retry-after: 1",
    ]);
    expect(seen).toEqual(["/first", "/next", "/next", "/next"]);
  });
});

const SERVERS = {
  "a guarded server of Node": (onUrl: (url: string) => void) =>
    guardNodeServer(
      createServer((req, res) => {
        onUrl(req.url ?? "");
        setImmediate(
          () => void res.setHeader("connection", req.url === "/close" ? "close" : "keep-alive").end(),
        );
      }),
    ),
  "a server of Node with the handler alone": (onUrl: (url: string) => void) => {
    const endpoint = (path: string) => async () => {
      onUrl(path);
      return new Response("x");
    };
    const endpoints = { "/close": endpoint("/close"), "/next": endpoint("/next") };
    const parts = { routes: () => undefined, requestGate: () => undefined, interceptors: [], endpoints };
    return createServer(buildRequestListener(parts).handle);
  },
};

it.each(Object.entries(SERVERS))("%s handles nothing behind an answer that closes", async (_, create) => {
  const urls: string[] = [];
  const server = create((url) => urls.push(url));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const socket = await connectRaw(port);
  const answers = readAll(socket);
  const get = "GET /next HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  const head = `POST /close HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${UNREAD.length}\r\n\r\n`;
  socket.write(get + head + UNREAD + get);
  expect((await answers).match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(urls).toEqual(["/next", "/close"]);
  server.close();
});
