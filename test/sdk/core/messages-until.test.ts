import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { messagesUntil } from "../../../sdk/src/core/messages-until.ts";
import { offerTake, takeOf } from "../../../sdk/src/core/take.ts";

async function* forever(): AsyncGenerator<number> {
  yield 1;
  await new Promise(() => undefined);
}

test("who waits for a message gets the reason at once, and so does who asks later", async () => {
  const controller = new AbortController();
  const messages = messagesUntil(controller.signal, forever());
  expect(await messages.next()).toEqual({ done: false, value: 1 });
  const waiting = [messages.next().catch((reason: unknown) => reason)];
  controller.abort("over");
  waiting.push(messages.next().catch((reason: unknown) => reason));
  expect(await Promise.all(waiting)).toEqual(["over", "over"]);
});

test("messages that are there are handed on, and an end that was in order is an end", async () => {
  async function* two() {
    yield 1;
    yield 2;
  }
  const messages: number[] = [];
  for await (const message of messagesUntil(new AbortController().signal, two())) {
    messages.push(message);
  }
  expect(messages).toEqual([1, 2]);
});

/** Messages of which some wait and can be taken; the next ones are awaited. */
function createSource() {
  const ready: number[] = [];
  const awaited: ((message: number) => void)[] = [];
  const next = () =>
    new Promise<IteratorResult<number, void>>((resolve) => {
      awaited.push((value) => resolve({ done: false, value }));
    });
  return { ready, awaited, iterator: offerTake({ next }, () => ready.shift()) };
}

test("a message that waits is taken, unless an earlier one is awaited", async () => {
  const { ready, awaited, iterator } = createSource();
  const messages = messagesUntil(new AbortController().signal, iterator);
  ready.push(1);
  const first = messages.next();
  const second = messages.next();
  ready.push(9);
  const third = messages.next();
  expect(awaited).toHaveLength(2);
  for (const [index, settle] of awaited.entries()) {
    settle(index + 2);
  }
  const values = (await Promise.all([first, second, third])).map(({ value }) => value);
  expect(values).toEqual([1, 2, 3]);
  expect(takeOf(messages)?.()).toBe(9);
});

test("no message is taken once the signal has aborted", async () => {
  const { ready, iterator } = createSource();
  const controller = new AbortController();
  const messages = messagesUntil(controller.signal, iterator);
  controller.abort("over");
  ready.push(1);
  expect(takeOf(messages)?.()).toBe(undefined);
  await expect(messages.next()).rejects.toBe("over");
});

test("no message is taken past a `next` that another one has put there", async () => {
  const { ready, iterator } = createSource();
  const seen: unknown[] = [];
  iterator.next = () => {
    seen.push(ready.shift());
    return Promise.resolve({ done: true, value: undefined });
  };
  ready.push(1);
  await messagesUntil(new AbortController().signal, iterator).next();
  expect(seen).toEqual([1]);
});

test("the signal has one listener, however many messages are read", async () => {
  const { signal } = new AbortController();
  async function* numbers() {
    yield* [1, 2, 3];
  }
  for await (const _ of messagesUntil(signal, numbers())) {
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
  }
});
