import { constants, type ServerHttp2Stream } from "node:http2";
import type { HandlerContext } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { END_HEADERS, encodeFields, FRAME, OPENING, toFrame, toUint32 } from "../../support/http2-frames.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { connectRaw, serveHandler } from "../serving.ts";

type Code = "NO_ERROR" | "CANCEL" | "INTERNAL_ERROR";
type Requests = AsyncIterable<unknown>;

/** What a handler does with what the client sends. It says when it has begun. */
type Read = (requests: Requests, onBegun: () => void) => Promise<unknown>;

const READING: Readonly<Record<string, Read>> = {
  "of which its handler reads nothing": async (_, onBegun) => onBegun(),
  "of which its handler has read one message": (requests, onBegun) =>
    requests[Symbol.asyncIterator]().next().then(onBegun),
  "of which its handler reads all": async (requests, onBegun) => {
    for await (const _ of requests) {
      onBegun();
    }
  },
};

/** What implements the method. */
type Handle = (requests: Requests, signal: AbortSignal) => Promise<object>;

async function start(
  handle: Handle,
  requestGate: (context: HandlerContext) => void | Promise<void> = () => undefined,
) {
  const streams: ServerHttp2Stream[] = [];
  const handler = buildRequestListener({
    routes: (router) =>
      router.service(NotesService, {
        importNotes: (requests, { signal }) => handle(requests, signal),
      }),
    requestGate,
    interceptors: [],
  });
  const serving = await serveHandler({
    ...handler,
    onStream(stream, ...parts) {
      streams.push(stream);
      return handler.onStream?.(stream, ...parts) ?? false;
    },
  });
  const socket = await connectRaw(serving.port);
  socket.on("error", () => undefined).resume();
  return { streams, socket, dispose: serving };
}

const MESSAGE = Buffer.of(0, 0, 0, 0, 2, 10, 0);
/** Two messages, and the beginning of a third. */
const PART = toFrame(FRAME.data, 0, 1, Buffer.concat([MESSAGE, MESSAGE, MESSAGE.subarray(0, 6)]));

function toHeader(method: string, id: number): Buffer {
  const fields = encodeFields([
    [":method", "POST"],
    [":scheme", "http"],
    [":authority", "a"],
    [":path", `/${NotesService.typeName}/${method}`],
    ["content-type", "application/grpc"],
  ]);
  return toFrame(FRAME.headers, END_HEADERS, id, fields);
}

const toOpening = (method: string): Buffer => Buffer.concat([OPENING, toHeader(method, 1), PART]);

const toReset = (code: Code, id = 1): Buffer =>
  toFrame(FRAME.reset, 0, id, toUint32(constants[`NGHTTP2_${code}`]));

const CODES = ["NO_ERROR", "CANCEL", "INTERNAL_ERROR"] as const;

describe.each(Object.entries(READING))("a stream %s", (_, read) => {
  it.each(notEmpty(CODES))("is over when its client resets it with %s", async (code) => {
    const begun = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const { streams, socket, dispose } = await start(async (requests, signal) => {
      signal.addEventListener("abort", () => aborted.resolve());
      await read(requests, begun.resolve).catch(() => undefined);
      return new Promise(() => undefined);
    });
    await using _serving = dispose;
    socket.write(toOpening("ImportNotes"));
    await begun.promise;
    // What comes with the reset is not read any more.
    socket.write(Buffer.concat([PART, toReset(code)]));
    await aborted.promise;
    await expect.poll(() => streams[0]?.destroyed).toBe(true);
    socket.destroy();
  });
});

describe("a call that waits for its gate", () => {
  it.each(
    notEmpty(["ImportNotes", "WatchNotes", "CreateNote"].flatMap((m) => CODES.map((c) => [m, c] as const))),
  )("is over when its client resets it: %s, %s", async (method, code) => {
    const asked = Promise.withResolvers<void>();
    const verdict = Promise.withResolvers<void>();
    const { streams, socket, dispose } = await start(
      async () => ({}),
      () => {
        asked.resolve();
        return verdict.promise;
      },
    );
    await using _serving = dispose;
    socket.write(toOpening(method));
    await asked.promise;
    socket.write(Buffer.concat([PART, toReset(code)]));
    await expect.poll(() => streams[0]?.closed).toBe(true);
    verdict.resolve();
    await expect.poll(() => streams[0]?.destroyed).toBe(true);
    socket.destroy();
  });
});

/** More than a turn of the loop takes before it looks at the time. */
const CROWD = 40;
const BUSY_MS = 10;

/** What handlers leave behind that waits for what never comes. */
const LEFT: Readonly<Record<string, (requests: Requests) => Promise<object>>> = {
  "an answer that fails before it is asked for": () => Promise.reject(new Error("it failed")),
  "a message that was asked for": async (requests) => {
    void requests[Symbol.asyncIterator]().next();
    return {};
  },
};

describe("a crowd of clients that leave at once", () => {
  it.each(notEmpty(Object.entries(LEFT)))("leaves no rejection behind: %s", async (_, handle) => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    let count = 0;
    const { streams, socket, dispose } = await start(handle, () => {
      count += 1;
      // The turn is over: the answers of those that follow are asked for in the next one.
      const untilMs = count === CROWD - 5 ? performance.now() + BUSY_MS : 0;
      while (performance.now() < untilMs) {
        // nothing
      }
    });
    await using _serving = dispose;
    const ids = Array.from({ length: CROWD }, (__, index) => 2 * index + 1);
    socket.write(Buffer.concat([OPENING, ...ids.map((id) => toHeader("ImportNotes", id))]));
    await expect.poll(() => streams).toHaveLength(CROWD);
    socket.write(Buffer.concat(ids.map((id) => toReset("CANCEL", id))));
    await expect.poll(() => streams.filter(({ destroyed }) => destroyed)).toHaveLength(CROWD);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", onUnhandled);
    expect(unhandled).toEqual([]);
    socket.destroy();
  });
});
