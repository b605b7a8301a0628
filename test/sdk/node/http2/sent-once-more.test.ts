import { constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { notEmpty } from "../../../support/not-empty.ts";
import { drain } from "../network/messages.ts";
import { answerConnect, answerOne, callerOf, type OnRequest, startPlainServer } from "./plain-server.ts";
import { frame, KINDS, TYPE } from "./script.ts";

const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;

/** What a server does with the second request, of which it certainly has done nothing. The first one it answers. */
const ignoring: Readonly<Record<string, OnRequest>> = {
  "refuses its stream": (stream) => stream.close(NGHTTP2_REFUSED_STREAM),
  "leaves before it": (stream) => stream.session?.goaway(NGHTTP2_NO_ERROR, 1),
  "leaves before it with an error": (stream) => stream.session?.goaway(NGHTTP2_INTERNAL_ERROR, 1),
};

for (const [name, ignore] of Object.entries(ignoring)) {
  describe(`a call whose server ${name}`, () => {
    test.each(notEmpty(KINDS))("is sent once more (%s)", async (kind) => {
      await using server = await startPlainServer({
        onRequest: (stream, number) => (number === 2 ? ignore(stream, number) : answerOne(stream)),
      });
      const { calls } = callerOf(server.port);
      await calls.getNote();
      await calls[kind]();
      expect(server.requests()).toBe(3);
    });

    test.each(notEmpty(KINDS))("is sent once more over Connect (%s)", async (kind) => {
      await using server = await startPlainServer({
        onRequest: (stream, number, headers) =>
          number === 2 ? ignore(stream, number) : answerConnect(stream, headers?.["content-type"]),
      });
      const { calls } = callerOf(server.port, "connect");
      await calls.getNote();
      await calls[kind]();
      expect(server.requests()).toBe(3);
    });

    test("is sent once more, not twice", async () => {
      await using server = await startPlainServer({
        onRequest: (stream, number) =>
          number % 2 === 1 && number < 4 ? answerOne(stream) : stream.close(NGHTTP2_REFUSED_STREAM),
      });
      const { calls } = callerOf(server.port);
      await calls.getNote();
      await calls.getNote();
      const error = await calls.getNote().then(() => undefined, ConnectError.from);
      expect(error?.code).toBe(Code.Unavailable);
      expect(server.requests()).toBe(5);
    });
  });
}

test.each(notEmpty(KINDS))(
  "a call whose connection is closed before it is open is made over another (%s)",
  async (kind) => {
    await using server = await startPlainServer({
      onRequest: answerOne,
      onConnection(socket, number) {
        if (number === 1) {
          socket.destroy();
        }
        return number === 1;
      },
    });
    await callerOf(server.port).calls[kind]();
    expect(server.requests()).toBe(1);
  },
);

describe("a call is not sent once more", () => {
  test("when its connection was closed without a word", async () => {
    await using server = await startPlainServer({
      onRequest: (stream, number) => (number === 2 ? stream.session?.socket.destroy() : answerOne(stream)),
    });
    const { calls } = callerOf(server.port);
    await calls.getNote();
    const error = await calls.getNote().then(() => undefined, ConnectError.from);
    expect(error?.code).toBe(Code.Unavailable);
    expect(server.requests()).toBe(2);
  });

  test("when its answer has begun", async () => {
    await using server = await startPlainServer({
      onRequest(stream) {
        stream.respond({ ":status": 200, ...TYPE });
        stream.write(frame(Buffer.of()), () => stream.close(NGHTTP2_REFUSED_STREAM));
      },
    });
    const error = await callerOf(server.port)
      .calls.watchNotes()
      .then(() => undefined, ConnectError.from);
    expect(error?.code).toBe(Code.Unavailable);
    expect(server.requests()).toBe(1);
  });

  test.each([
    ["more than 16 messages", 17, 1],
    ["more than 64 KiB", 2, 40_000],
  ])("when %s were sent", async (_, count, size) => {
    await using server = await startPlainServer({
      onRequest: (stream) => stream.on("end", () => stream.close(NGHTTP2_REFUSED_STREAM)),
    });
    async function* messages() {
      yield* Array.from({ length: count }, () => ({ title: "x".repeat(size) }));
    }
    const error = await callerOf(server.port)
      .notes.importNotes(messages())
      .then(() => undefined, ConnectError.from);
    expect(error?.code).toBe(Code.Unavailable);
    expect(server.requests()).toBe(1);
  });
});

test("a stream that is opened once more sends its first messages again, and then the next ones", async () => {
  const bodies: Buffer[][] = [];
  await using server = await startPlainServer({
    onRequest(stream, number) {
      const chunks: Buffer[] = [];
      bodies.push(chunks);
      stream.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (number === 1) {
          stream.close(NGHTTP2_REFUSED_STREAM);
        }
      });
      answerOne(stream);
    },
  });
  const second = Promise.withResolvers<void>();
  async function* messages() {
    yield { noteId: "1" };
    await second.promise;
    yield { noteId: "2" };
  }
  const over = drain(callerOf(server.port).notes.syncNotes(messages()));
  await expect.poll(() => bodies[1]?.length).toBe(1);
  second.resolve();
  await over;
  const sent = [frame(Buffer.of(0x0a, 1, 0x31)), frame(Buffer.of(0x0a, 1, 0x32))];
  expect(Buffer.concat(bodies[1] ?? [])).toEqual(Buffer.concat(sent));
});

test("a stream that waits for another connection loses none of its messages meanwhile", async () => {
  const received: Buffer[] = [];
  const reopening = Promise.withResolvers<void>();
  await using server = await startPlainServer({
    onConnection(_, number) {
      if (number === 2) {
        reopening.resolve();
      }
      return false;
    },
    onRequest(stream, number) {
      if (number === 2) {
        stream.once("data", () => stream.session?.goaway(NGHTTP2_NO_ERROR, 1));
      } else {
        stream.on("data", (chunk: Buffer) => received.push(chunk));
        answerOne(stream);
      }
    },
  });
  const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
  async function* messages() {
    for (const [index, title] of texts.entries()) {
      // All but the first are there at once, before the second connection is open.
      await (index === 1 ? reopening.promise : undefined);
      yield { title };
    }
  }
  const { notes, calls } = callerOf(server.port);
  await calls.getNote();
  received.length = 0;
  await notes.importNotes(messages());
  expect(
    Buffer.concat(received)
      .toString()
      .match(/text \d+/g),
  ).toEqual(texts);
});

test("a server that is replaced under 50 calls fails none of them", async () => {
  const held: (() => void)[] = [];
  const old = await startPlainServer({
    onRequest: (stream) => held.push(() => answerOne(stream)),
  });
  const { calls } = callerOf(old.port);
  const before = Array.from({ length: 25 }, () => calls.getNote());
  await expect.poll(() => held.length).toBe(25);
  old.http.close();
  await using replacement = await startPlainServer({ port: old.port, onRequest: answerOne });
  // Some are made before the client knows that the old server leaves.
  const meanwhile = Array.from({ length: 10 }, () => calls.getNote());
  for (const session of old.sessions) {
    session.close();
  }
  const after = Array.from({ length: 15 }, () => calls.watchNotes());
  await expect.poll(() => held.length + replacement.requests()).toBeGreaterThanOrEqual(40);
  for (const release of held) {
    release();
  }
  const results = await Promise.allSettled([...before, ...meanwhile, ...after]);
  expect(results.filter(({ status }) => status === "rejected")).toEqual([]);
  await old[Symbol.asyncDispose]();
});
