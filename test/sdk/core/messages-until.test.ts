import { expect, test } from "vitest";
import { messagesUntil } from "../../../sdk/src/core/messages-until.ts";

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
