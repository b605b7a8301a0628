import type { StreamRequest, StreamResponse } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import type { Held } from "../../../sdk/src/core/holder.ts";
import { createReplay } from "../../../sdk/src/core/replay.ts";
import { createStreamCall } from "../../../sdk/src/core/stream-call.ts";

async function* numbers(count: number) {
  for (let number = 1; number <= count; number += 1) {
    yield number;
  }
}

async function take<T>(messages: AsyncIterable<T>, count: number): Promise<T[]> {
  const iterator = messages[Symbol.asyncIterator]();
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await iterator.next();
    if (done) {
      break;
    }
    taken.push(value);
  }
  return taken;
}

function replayOf(source: AsyncIterable<number>, size = 1) {
  return createReplay({ source, sizeOf: () => size });
}

test("the next opening begins with the first message and goes on with the source", async () => {
  const replay = replayOf(numbers(5));
  expect(await take(replay.messages(), 2)).toEqual([1, 2]);
  expect(await take(replay.messages(), 9)).toEqual([1, 2, 3, 4, 5]);
});

test("an abandoned opening gets nothing more, and the next one nothing less", async () => {
  const gate = Promise.withResolvers<void>();
  async function* slow() {
    yield 1;
    await gate.promise;
    yield 2;
  }
  const replay = replayOf(slow());
  const abandoned = replay.messages()[Symbol.asyncIterator]();
  await abandoned.next();
  const waiting = abandoned.next();
  const second = take(replay.messages(), 9);
  gate.resolve();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await second).toEqual([1, 2]);
});

test.each([
  { name: "17 messages", size: 1, count: 17 },
  { name: "more than 64 KiB", size: 32_769, count: 2 },
])("keeps nothing any more after $name", async ({ size, count }) => {
  const replay = replayOf(numbers(100), size);
  const reader = replay.messages();
  expect(await take(reader, count - 1)).toHaveLength(count - 1);
  expect(replay.isComplete()).toBe(true);
  await take(reader, 1);
  expect(replay.isComplete()).toBe(false);
  expect(await take(reader, 200)).toHaveLength(100 - count);
});

test("goes on where it was when it is told to forget", async () => {
  const replay = replayOf(numbers(6));
  const reader = replay.messages();
  expect(await take(reader, 2)).toEqual([1, 2]);
  replay.release();
  expect(await take(reader, 9)).toEqual([3, 4, 5, 6]);
  expect(await take(reader, 1)).toEqual([]);
});

test("a source that fails fails the opening that reads it", async () => {
  async function* failing() {
    yield 1;
    throw new Error("no more");
  }
  await expect(take(replayOf(failing()).messages(), 9)).rejects.toThrow("no more");
});

test("a source that cannot be closed in order disturbs nobody when its stream is ended", () => {
  const closed: string[] = [];
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => undefined),
      throw(reason: string): never {
        closed.push(`throw ${reason}`);
        throw new Error("a mistake of the application");
      },
      return(): never {
        closed.push("return");
        throw new Error("another one");
      },
    }),
  };
  replayOf(source).close?.("signed out");
  expect(closed).toEqual(["throw signed out", "return"]);
});

function serverStream(messages: AsyncIterable<unknown>, method: unknown = NotesService.method.watchNotes) {
  const req = {
    stream: true,
    method,
    message: messages,
    header: new Headers(),
    signal: new AbortController().signal,
  };
  // Only what an opening looks at.
  const call = createStreamCall(req as unknown as StreamRequest, {
    streams: undefined,
    source: {},
  });
  /** Open the stream. @returns the messages that are sent */
  async function open(): Promise<unknown[]> {
    let sent: unknown[] = [];
    await call.open({ ended: new AbortController().signal } as Held, async ({ message }) => {
      sent = await take(message, 9);
      return {} as StreamResponse;
    });
    return sent;
  }
  return { call, open };
}

test("the one message of a server stream is sent again without any other means", async () => {
  const { call, open } = serverStream(numbers(1));
  expect(await open()).toEqual([1]);
  expect(call.canReopen()).toBe(true);
  expect(await open()).toEqual([1]);
});

test("and a stream of many messages is handed on as it is, and opened once", async () => {
  const { call, open } = serverStream(numbers(3), NotesService.method.importNotes);
  expect(call.canReopen()).toBe(false);
  expect(await open()).toEqual([1, 2, 3]);
});
