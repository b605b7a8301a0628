import { Code, ConnectError } from "@connectrpc/connect";
import { resumable } from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test, vi } from "vitest";

const unavailable = new ConnectError("gone", Code.Unavailable);
const drained = new ConnectError("stopping", Code.Unavailable, { "countersign-drain": "1" });

async function read<T>(messages: AsyncIterable<T>): Promise<readonly T[]> {
  const seen: T[] = [];
  for await (const message of messages) {
    seen.push(message);
  }
  return seen;
}

test("a stream that lasted until its server stopped ends the row of failures before it", async () => {
  const clock = createFakeClock();
  const ends = [unavailable, unavailable, unavailable, drained, unavailable];
  async function* call(): AsyncGenerator<number> {
    const end = ends.shift();
    if (end === drained) {
      yield 1;
      clock.advance(1_000);
    }
    if (end !== undefined) {
      throw end;
    }
  }
  const delays: number[] = [];
  const onInterruption = ({ delayMs }: { readonly delayMs: number }): void => void delays.push(delayMs);
  const random = vi.spyOn(Math, "random").mockReturnValue(1);
  try {
    const messages = resumable(call, { request: {}, resume: () => ({}), clock, onInterruption });
    const reading = read(messages);
    for (let at = 1; at <= 5; at += 1) {
      await expect.poll(() => delays.length).toBe(at);
      clock.advance(10_000);
    }
    expect(await reading).toEqual([1]);
  } finally {
    random.mockRestore();
  }
  expect(delays).toEqual([250, 500, 1_000, 0, 250]);
});
