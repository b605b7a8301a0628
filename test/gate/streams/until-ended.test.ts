import { describe, expect, test } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createEnding } from "../../../server/gate/src/streams/ending.ts";
import { PULL, pull, type Reader, toNext } from "../../../server/gate/src/streams/pull.ts";
import { untilEnded } from "../../../server/gate/src/streams/until-ended.ts";

async function* count(to: number) {
  for (let at = 1; at <= to; at += 1) {
    yield at;
  }
}

/** Read so many messages at once, without waiting for one before asking for the next. */
function readAtOnce(messages: AsyncIterable<number>, times: number) {
  const iterator = messages[Symbol.asyncIterator]();
  const order: unknown[] = [];
  const reads = Array.from({ length: times }, () =>
    iterator.next().then(
      ({ value, done }) => order.push(done === true ? "done" : value),
      (error: Error) => order.push(error.message),
    ),
  );
  return { order, reads, iterator };
}

describe("messages that are looked at with a promise", () => {
  test("are looked at one after the other, and reach a reader that asks for many at once in their order", async () => {
    const asked: number[] = [];
    const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
    const messages = untilEnded(count(3), createEnding(), {
      onMessage(message) {
        asked.push(message);
        return gates[message - 1]?.promise;
      },
    });
    const { order, reads } = readAtOnce(messages, 4);
    gates[2]?.resolve();
    gates[1]?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect([asked, order]).toEqual([[1], []]);
    gates[0]?.resolve();
    await Promise.all(reads);
    expect([asked, order]).toEqual([
      [1, 2, 3],
      [1, 2, 3, "done"],
    ]);
  });

  test("are not looked at any more once one of them has ended the stream", async () => {
    const asked: number[] = [];
    const ending = createEnding();
    const messages = untilEnded(count(3), ending, {
      async onMessage(message) {
        asked.push(message);
        const error = new AuthError("POLICY_DENIED", "no");
        ending.end(error);
        throw error;
      },
    });
    const { order, reads, iterator } = readAtOnce(messages, 3);
    await Promise.all(reads);
    expect([asked, order]).toEqual([[1], ["no", "no", "no"]]);
    await expect(iterator.next()).rejects.toThrow("no");
  });

  test("do not keep a reader waiting when the stream ends meanwhile", async () => {
    const ending = createEnding();
    const messages = untilEnded(count(3), ending, { onMessage: () => new Promise(() => {}) });
    const { order, reads } = readAtOnce(messages, 1);
    await new Promise((resolve) => setImmediate(resolve));
    ending.end(new AuthError("STREAM_EXPIRED", "over"));
    await Promise.all(reads);
    expect(order).toEqual(["over"]);
  });
});

describe("messages that are pulled", () => {
  /** What is called of a reader, in order. */
  function createListener() {
    const calls: unknown[] = [];
    const reader: Reader<number> = {
      onResult: ({ value, done }) => void calls.push(done === true ? "done" : value),
      onError: (error) => void calls.push(error instanceof Error ? error.message : error),
    };
    return { calls, reader };
  }
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

  test("reach the reader one for each question, and the end behind them", async () => {
    const iterator = untilEnded(count(1), createEnding())[Symbol.asyncIterator]();
    const { calls, reader } = createListener();
    for (const expected of [[1], [1, "done"]]) {
      pull(iterator, reader);
      await turn();
      expect(calls).toEqual(expected);
    }
  });

  test("leave the reader with the error alone, and at once, when the stream ends before they come", async () => {
    const ending = createEnding();
    const source = Promise.withResolvers<IteratorResult<number>>();
    const iterator = untilEnded({ [Symbol.asyncIterator]: () => ({ next: () => source.promise }) }, ending)[
      Symbol.asyncIterator
    ]();
    const { calls, reader } = createListener();
    pull(iterator, reader);
    ending.end(new AuthError("STREAM_EXPIRED", "over"));
    expect(calls).toEqual(["over"]);
    source.resolve({ done: false, value: 1 });
    await turn();
    pull(iterator, reader);
    expect(calls).toEqual(["over", "over"]);
  });

  test("do not reach the reader once the end has begun, whose listeners are called later", async () => {
    const ending = createEnding();
    const iterator = untilEnded(count(1), ending)[Symbol.asyncIterator]();
    const { calls, reader } = createListener();
    pull(iterator, reader);
    ending.begin(new AuthError("SESSION_REVOKED", "revoked"));
    await turn();
    expect(calls).toEqual(["revoked"]);
  });

  test("come from a source that throws instead of rejecting as its error", () => {
    const next = (): never => {
      throw new Error("thrown");
    };
    const { calls, reader } = createListener();
    pull({ next }, reader);
    expect(calls).toEqual(["thrown"]);
  });

  test("come with a promise to a reader of `next()`, those that wait already and those that come later", async () => {
    const later: Reader<number>[] = [];
    const ready = [1, 2];
    const source = {
      [PULL](reader: Reader<number>) {
        const value = ready.shift();
        return value === undefined ? void later.push(reader) : reader.onResult({ done: false, value });
      },
      next: (): Promise<IteratorResult<number>> => toNext(source),
    };
    const { order, reads, iterator } = readAtOnce({ [Symbol.asyncIterator]: () => source }, 3);
    await turn();
    expect(order).toEqual([1, 2]);
    later[0]?.onResult({ done: false, value: 3 });
    await Promise.all(reads);
    expect(order).toEqual([1, 2, 3]);
    // A question that is left behind: its error must end no process.
    void iterator.next();
    later[1]?.onError(new Error("gone"));
    await turn();
  });
});
