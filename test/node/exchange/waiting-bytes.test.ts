import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { resolveWaitingLimits } from "../../../server/gate/src/kernel/waiting-limits.ts";
import type { RequestListenerOptions } from "../../../server/node/src/listener-options.ts";
import { ask, connectRaw, readAll, serve } from "../serving.ts";

const SERVICE = "/countersign.demo.v1.NotesService";
const KIB = 1024;
const LIMITS = { maxWaitingBytesPerConnection: 64 * KIB, maxWaitingBytes: 256 * KIB };

function start(options: Partial<RequestListenerOptions> = {}) {
  return serve({
    ...LIMITS,
    routes: (router) =>
      router.service(NotesService, {
        createNote: ({ title }) => ({ title }),
        async importNotes(requests) {
          let created = 0;
          for await (const _ of requests) {
            created += 1;
          }
          return { created };
        },
      }),
    requestGate({ requestHeader }) {
      if (requestHeader.has("x-refuse")) {
        throw new ConnectError("refused", Code.Unauthenticated);
      }
    },
    endpoints: { "/form": async (req) => new Response(String((await req.text()).length)) },
    ...options,
  });
}

const envelope = (length: number): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length, 1);
  return head;
};
const text = (bytes: number): string => "x".repeat(bytes);

/** Requests whose last byte does not come. Each has about 16 KiB of it. */
const WITHHELD = {
  "a call of Connect": { path: `${SERVICE}/CreateNote`, type: "application/json", body: text(16 * KIB) },
  "a call of gRPC": {
    path: `${SERVICE}/CreateNote`,
    type: "application/grpc",
    body: Buffer.concat([envelope(100 * KIB), Buffer.from(text(16 * KIB))]),
  },
  "a second message that a call has none of": {
    path: `${SERVICE}/CreateNote`,
    type: "application/grpc",
    body: Buffer.concat([envelope(0), envelope(100 * KIB), Buffer.from(text(16 * KIB))]),
  },
  "a message of a stream": {
    path: `${SERVICE}/ImportNotes`,
    type: "application/grpc",
    body: Buffer.concat([
      envelope(2),
      Buffer.alloc(0),
      Buffer.from([10, 0]),
      envelope(100 * KIB),
      Buffer.from(text(16 * KIB)),
    ]),
  },
  "a form": { path: "/form", type: "text/plain", body: text(16 * KIB) },
} as const;

interface Opened {
  readonly stream: ClientHttp2Stream;
  /** Whether the server has ended it, by an answer or a reset. */
  isOver: boolean;
  status: number;
}

function withhold(
  session: ClientHttp2Session,
  { path, type, body }: { readonly path: string; readonly type: string; readonly body: string | Buffer },
  fields: Readonly<Record<string, string>> = {},
): Opened {
  const stream = session.request(
    { ":method": "POST", ":path": path, "content-type": type, ...fields },
    { endStream: false },
  );
  const opened: Opened = { stream, isOver: false, status: 0 };
  const end = (): void => {
    opened.isOver = true;
  };
  stream.on("error", end).on("close", end).on("end", end).resume();
  stream.on("response", (head) => {
    opened.status = Number(head[":status"]);
    end();
  });
  stream.write(body);
  return opened;
}

async function callOnce(session: ClientHttp2Session): Promise<number> {
  const stream = session.request({
    ":method": "POST",
    ":path": `${SERVICE}/CreateNote`,
    "content-type": "application/json",
  });
  stream.end("{}");
  const [head] = await once(stream, "response");
  stream.resume();
  return Number(head[":status"]);
}

describe.each([true, false])(
  "requests whose last byte does not come, with the fast path: %s",
  (unaryFastPath) => {
    it.each(Object.entries(WITHHELD))(
      "are broken off when one connection has too many, the oldest first: %s",
      async (_, request) => {
        await using serving = await start({ unaryFastPath });
        const session = connectHttp2(serving.origin);
        const opened: Opened[] = [];
        for (let index = 0; index < 12; index += 1) {
          opened.push(withhold(session, request));
          // In turn, so that it is known which came first.
          await new Promise((resolve) => session.ping(resolve));
          expect(await callOnce(session)).toBe(200);
        }
        await expect.poll(() => opened.filter(({ isOver }) => !isOver).length).toBeLessThanOrEqual(4);
        expect(opened[0]?.isOver).toBe(true);
        expect(opened.at(-1)?.isOver).toBe(false);
        session.destroy();
      },
    );

    it("are bounded over all connections together, and small calls beside them pass", async () => {
      await using serving = await start({ unaryFastPath });
      const sessions = Array.from({ length: 10 }, () => connectHttp2(serving.origin));
      const opened: Opened[] = [];
      for (const session of sessions) {
        for (let index = 0; index < 3; index += 1) {
          opened.push(withhold(session, WITHHELD["a call of Connect"]));
        }
        await new Promise((resolve) => session.ping(resolve));
        expect(await callOnce(session)).toBe(200);
      }
      await expect.poll(() => opened.filter(({ isOver }) => !isOver).length).toBeLessThanOrEqual(16);
      for (const session of sessions) {
        expect(await callOnce(session)).toBe(200);
        session.destroy();
      }
    });

    it("are answered with 429 over HTTP/1.1, which says when to come again", async () => {
      await using serving = await start({ unaryFastPath });
      for (const { path, type } of [WITHHELD["a call of Connect"], WITHHELD["a form"]]) {
        const socket = await connectRaw(serving.port);
        const answer = readAll(socket);
        socket.write(
          `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\nContent-Length: 1000000\r\n\r\n${text(80 * KIB)}`,
        );
        const received = await answer;
        expect(received).toMatch(/^HTTP\/1\.1 429 /);
        expect(received).toMatch(/retry-after: 1\r\n/i);
        expect(received).toContain("too many bytes wait");
      }
    });

    it("are counted with their header, of which nothing but a byte each need have been sent", async () => {
      await using serving = await start({ unaryFastPath });
      const session = connectHttp2(serving.origin);
      const field = { "x-large": text(7 * KIB) };
      const opened = Array.from({ length: 24 }, () =>
        withhold(session, { ...WITHHELD["a call of Connect"], body: "" }, field),
      );
      await expect.poll(() => opened.filter(({ isOver }) => !isOver).length).toBeLessThanOrEqual(9);
      expect(opened.at(-1)?.isOver).toBe(false);
      expect(await callOnce(session)).toBe(200);
      session.destroy();
    });

    it("are not counted when they are whole: one connection may send any number of large messages", async () => {
      await using serving = await start({ unaryFastPath });
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ title: text(30 * KIB) });
      const path = `${SERVICE}/CreateNote`;
      for (let index = 0; index < 12; index += 1) {
        expect((await ask(serving.origin, { method: "POST", path, headers, body })).status).toBe(200);
      }
    });

    it("hold nothing when their callers have left", async () => {
      await using serving = await start({ unaryFastPath });
      for (let round = 0; round < 8; round += 1) {
        const session = connectHttp2(serving.origin);
        const opened = [1, 2, 3].map(() => withhold(session, WITHHELD["a call of gRPC"]));
        await new Promise((resolve) => session.ping(resolve));
        expect(await callOnce(session)).toBe(200);
        expect(opened.map(({ isOver }) => isOver)).toEqual([false, false, false]);
        session.destroy();
        await once(session, "close");
      }
    });

    it("say so in the form of the protocol", async () => {
      await using serving = await start({ unaryFastPath, maxWaitingBytesPerConnection: 10 * KIB });
      const session = connectHttp2(serving.origin);
      const call = withhold(session, WITHHELD["a call of Connect"]);
      await expect.poll(() => call.isOver).toBe(true);
      expect(unaryFastPath ? call.status : call.stream.rstCode).toBe(unaryFastPath ? 429 : 11);
      session.destroy();
    });
  },
);

it("the limits are numbers, and leave room for two messages", () => {
  expect(resolveWaitingLimits({}, 1).maxBytesPerConnection).toBe(16 * KIB * KIB);
  expect(resolveWaitingLimits({ readMaxBytes: 32 * KIB * KIB }, 1).maxBytesPerConnection).toBe(
    64 * KIB * KIB,
  );
  expect(() => resolveWaitingLimits({ maxWaitingBytes: 0 }, 1)).toThrow(
    new TypeError("maxWaitingBytes must be a positive whole number"),
  );
});
