import { once } from "node:events";
import { connect, constants } from "node:http2";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, it } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { serve } from "../serving.ts";

const EMPTY = Buffer.alloc(5);

const open = (session: ReturnType<typeof connect>, method = "WatchNotes", body = EMPTY) => {
  const stream = session.request({
    ":method": "POST",
    ":path": `/${NotesService.typeName}/${method}`,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => undefined);
  stream.end(body);
  return stream;
};

it("a stream whose messages are always ready leaves room for others, for timers and for the end of its client", async () => {
  let given = 0;
  let isOver = false;
  await using serving = await serve({
    routes: (router) =>
      router.service(NotesService, {
        async *watchNotes() {
          try {
            for (;;) {
              given += 1;
              yield {};
            }
          } finally {
            isOver = true;
          }
        },
      }),
  });
  const greedy = connect(serving.origin);
  const streams = Array.from({ length: 20 }, () => open(greedy).resume());
  await Promise.all(streams.map((stream) => once(stream, "data")));
  // The server is in this process: that this goes on at all says that its turns end.
  const before = given;
  await eventually(() => given > before + 10_000 || undefined);
  const other = connect(serving.origin);
  await once(open(other), "data");
  other.destroy();
  for (const stream of streams) {
    stream.close(constants.NGHTTP2_CANCEL);
  }
  await eventually(() => isOver || undefined);
  greedy.destroy();
  const atEnd = await eventually(async () => {
    const now = given;
    await new Promise((resolve) => setImmediate(resolve));
    return given === now ? now : undefined;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(given).toBe(atEnd);
});

it("a client that does not read is waited for", async () => {
  let given = 0;
  await using serving = await serve({
    routes: (router) =>
      router.service(NotesService, {
        async *watchNotes() {
          for (;;) {
            given += 1;
            yield { note: { title: "x".repeat(1_000) } };
          }
        },
      }),
  });
  const session = connect(serving.origin);
  const stream = open(session);
  await once(stream, "response");
  const stopped = await eventually(async () => {
    const now = given;
    for (let turns = 0; turns < 50; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return given === now ? now : undefined;
  });
  // What windows and buffers take, and no more.
  expect(stopped).toBeLessThan(1_000);
  session.destroy();
});

it("a handler gives back what it is given, however much of it comes in a turn that is never over", async () => {
  const messages = 8_000;
  await using serving = await serve({
    // The messages of a request have the form of those of an answer here: both are empty.
    routes: (router) => router.service(NotesService, { syncNotes: (requests) => requests as never }),
  });
  const session = connect(serving.origin);
  const { now } = performance;
  performance.now = () => 0;
  try {
    const stream = open(session, "SyncNotes", Buffer.alloc(messages * EMPTY.length));
    let bytes = 0;
    stream.on("data", (part: Buffer) => {
      bytes += part.length;
    });
    const [trailers] = await once(stream, "trailers");
    expect([trailers["grpc-status"], bytes]).toEqual(["0", messages * EMPTY.length]);
  } finally {
    performance.now = now;
    session.destroy();
  }
});
