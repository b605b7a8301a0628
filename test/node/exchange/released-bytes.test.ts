import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { createByteBudget } from "../../../server/gate/src/kernel/byte-budget.ts";
import { createRpcs } from "../../../server/node/src/rpc-handler.ts";
import { serveEndpoint } from "../../../server/node/src/serve-endpoint.ts";
import { END_HEADERS, encodeFields, FRAME, OPENING, toFrame, toUint32 } from "../../support/http2-frames.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { connectRaw, serveHandler } from "../serving.ts";

const CREATE = "/countersign.demo.v1.NotesService/CreateNote";
const LIMITS = { maxBytesPerConnection: 1_000_000, maxBytes: 10_000_000 };

/** Serve a method, and count what is held of requests that wait for their end. */
async function start(unaryFastPath: boolean) {
  const budget = createByteBudget(LIMITS);
  const waiting = { budget, peerOf: () => "peer" };
  const calls = { count: 0 };
  const rpcs = createRpcs(
    {
      routes: (router) => router.service(NotesService, { createNote: ({ title }) => ({ title }) }),
      requestGate: () => {
        calls.count += 1;
      },
      interceptors: [],
      unaryFastPath,
    },
    { waiting, unsent: createByteBudget(LIMITS), contextValues: undefined, corsFieldsFor: () => ({}) },
  );
  const serving = await serveHandler({
    handle: (req, res) => rpcs.find(req.url ?? "")?.(req, res),
    onStream: rpcs.onStream,
  });
  return { ...serving, budget, calls };
}

describe.each([true, false])("the bytes of a body, with the fast path: %s", (unaryFastPath) => {
  it.each(notEmpty(["NO_ERROR", "CANCEL", "INTERNAL_ERROR", "REFUSED_STREAM", "ENHANCE_YOUR_CALM"] as const))(
    "are let go of when the client resets the stream with %s",
    async (code) => {
      await using serving = await start(unaryFastPath);
      const session = connectHttp2(serving.origin).on("error", () => undefined);
      const stream = session.request(
        { ":method": "POST", ":path": CREATE, "content-type": "application/json" },
        { endStream: false },
      );
      stream.on("error", () => undefined).write("x".repeat(20_000));
      await expect.poll(() => serving.budget.heldBytes).toBeGreaterThan(0);
      stream.close(constants[`NGHTTP2_${code}`]);
      await expect.poll(() => serving.budget.heldBytes).toBe(0);
      session.destroy();
    },
  );

  it.each(notEmpty(["CANCEL", "INTERNAL_ERROR", "REFUSED_STREAM"] as const))(
    "are let go of when the reset comes right behind them: %s",
    async (code) => {
      await using serving = await start(unaryFastPath);
      const socket = await connectRaw(serving.port);
      const fields = encodeFields([
        [":method", "POST"],
        [":scheme", "http"],
        [":authority", "a"],
        [":path", CREATE],
        ["content-type", "application/json"],
      ]);
      const reset = toUint32(constants[`NGHTTP2_${code}`]);
      socket.write(OPENING);
      for (let id = 1; id < 8; id += 2) {
        socket.write(toFrame(FRAME.headers, END_HEADERS, id, fields));
        await expect.poll(() => serving.calls.count).toBe((id + 1) / 2);
        socket.write(
          Buffer.concat([
            toFrame(FRAME.data, 0, id, Buffer.alloc(5_000)),
            toFrame(FRAME.reset, 0, id, reset),
          ]),
        );
      }
      await expect.poll(() => serving.budget.heldBytes).toBe(0);
      socket.destroy();
    },
  );

  it.each(notEmpty(["http1", "http2"]))("are let go of when the connection breaks: %s", async (transport) => {
    await using serving = await start(unaryFastPath);
    const { port, budget, origin } = serving;
    const begin = async (): Promise<() => void> => {
      if (transport === "http1") {
        const socket = await connectRaw(port);
        const head = `POST ${CREATE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n`;
        socket.write(head + "x".repeat(20_000));
        return () => socket.destroy();
      }
      const session = connectHttp2(origin).on("error", () => undefined);
      const stream = session.request(
        { ":method": "POST", ":path": CREATE, "content-type": "application/json" },
        { endStream: false },
      );
      stream.on("error", () => undefined).write("x".repeat(20_000));
      return () => session.destroy();
    };
    const leave = await begin();
    await expect.poll(() => budget.heldBytes).toBeGreaterThan(0);
    leave();
    await expect.poll(() => budget.heldBytes).toBe(0);
  });
});

describe("the bytes of a body that an endpoint reads", () => {
  it("wait no longer when it has ended, however long the answer takes", async () => {
    const budget = createByteBudget(LIMITS);
    const read = Promise.withResolvers<number>();
    const answer = Promise.withResolvers<Response>();
    await using serving = await serveHandler((req, res) => {
      const endpoint = async (request: Request): Promise<Response> => {
        const { length } = await request.text();
        read.resolve(length);
        return answer.promise;
      };
      const waiting = { budget, peerOf: () => "peer" };
      const count = { waiting, unsent: createByteBudget(LIMITS), certificateOf: () => undefined };
      void serveEndpoint(req, res, { endpoint, url: `http://a${req.url}`, count });
    });
    const socket = await connectRaw(serving.port);
    socket.write("POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx");
    await expect.poll(() => budget.heldBytes).toBe(1);
    socket.write("x".repeat(999));
    expect(await read.promise).toBe(1000);
    expect(budget.heldBytes).toBe(0);
    answer.resolve(new Response("done"));
    await once(socket, "data");
    socket.destroy();
  });
});
