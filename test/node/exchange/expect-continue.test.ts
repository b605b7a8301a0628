import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Code, ConnectError } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { guardNodeServer } from "@countersign/node";
import { describe, expect, it } from "vitest";
import { connectRaw, readAll, serve } from "../serving.ts";

const PATH = "/countersign.demo.v1.NotesService/CreateNote";

const start = (unaryFastPath: boolean) =>
  serve({
    unaryFastPath,
    routes: (router) => router.service(NotesService, { createNote: ({ title }) => ({ title }) }),
    async requestGate({ requestHeader }) {
      await new Promise((resolve) => setImmediate(resolve));
      if (requestHeader.has("x-refuse")) {
        throw new ConnectError("refused", Code.Unauthenticated);
      }
    },
    endpoints: { "/reads": async (req) => new Response(await req.text()) },
  });

const REQUESTS = [
  { name: "a call", path: PATH, status: 200, continues: true },
  { name: "a call that the gate refuses", path: PATH, refuse: true, status: 401, continues: false },
  { name: "an endpoint that reads", path: "/reads", status: 200, continues: true },
  { name: "what is not there", path: "/nothing", status: 404, continues: false },
  { name: "what is no target", path: "//x", status: 400, continues: false },
] as const;

describe.each([true, false])(
  "a client that waits for 100 Continue, with the fast path: %s",
  (unaryFastPath) => {
    for (const { name, path, status, continues, ...how } of REQUESTS) {
      const says = continues ? "is told to go on" : "is not";
      const refuse = "refuse" in how;

      it(`${says}, over HTTP/1.1: ${name}`, async () => {
        await using serving = await start(unaryFastPath);
        const socket = await connectRaw(serving.port);
        const answers = readAll(socket);
        const fields = `Content-Type: application/json\r\nConnection: close\r\n${refuse ? "X-Refuse: 1\r\n" : ""}`;
        socket.write(
          `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${fields}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`,
        );
        if (continues) {
          await once(socket, "data");
          socket.write("{}");
        }
        const statuses = (await answers).match(/(?<=HTTP\/1\.1 )\d+/g);
        expect(statuses).toEqual(continues ? ["100", String(status)] : [String(status)]);
      });

      it(`${says}, over HTTP/2: ${name}`, async () => {
        await using serving = await start(unaryFastPath);
        const session = connectHttp2(serving.origin);
        const stream = session.request({
          ":method": "POST",
          ":path": path,
          "content-type": "application/json",
          expect: "100-continue",
          ...(refuse ? { "x-refuse": "1" } : {}),
        });
        let isContinued = false;
        stream.on("continue", () => {
          isContinued = true;
          stream.end("{}");
        });
        stream.on("error", () => undefined);
        const [head] = await once(stream, "response");
        expect(head[":status"]).toBe(status);
        expect(isContinued).toBe(continues);
        session.destroy();
      });
    }
  },
);

describe("a guarded server of Node", () => {
  async function ask(readsBody: boolean): Promise<string> {
    const server = guardNodeServer(
      createServer((req, res) => {
        if (readsBody) {
          text(req).then(
            (body) => void res.end(body),
            () => void res.destroy(),
          );
        } else {
          res.end("refused");
        }
      }),
    );
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const socket = await connectRaw(port);
    const answer = readAll(socket);
    socket.write(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
    );
    if (readsBody) {
      await once(socket, "data");
      socket.write("ab");
    }
    const received = await answer;
    server.close();
    return received;
  }

  it("tells the client to go on when its handler reads the body, and only then", async () => {
    expect(await ask(true)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [\s\S]*ab/);
    expect(await ask(false)).toMatch(/^HTTP\/1\.1 200 [\s\S]*refused/);
  });
});
