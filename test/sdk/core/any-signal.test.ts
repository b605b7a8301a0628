import { getEventListeners } from "node:events";
import { resumable } from "@countersign/sdk";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { anySignal } from "../../../sdk/src/core/any-signal.ts";
import { notEmpty } from "../../support/not-empty.ts";

const listenersOf = (...signals: readonly AbortSignal[]) =>
  signals.map((signal) => getEventListeners(signal, "abort").length);

describe("in a host without AbortSignal.any", () => {
  beforeEach(() => {
    vi.stubGlobal("AbortSignal", Object.create(AbortSignal, { any: { value: undefined } }));
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test("a signal aborts with the first of others, with its reason, and leaves no listener at them", () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const signal = anySignal([one.signal, other.signal]);
    expect(listenersOf(one.signal, other.signal)).toEqual([1, 1]);
    other.abort("other");
    one.abort("one");
    expect([signal.aborted, signal.reason]).toEqual([true, "other"]);
    expect(listenersOf(one.signal, other.signal)).toEqual([0, 0]);
  });

  test("a signal of which one was aborted before leaves no listener at the others, in whichever place they stand", () => {
    const [before, after] = [new AbortController(), new AbortController()];
    const signal = anySignal([before.signal, AbortSignal.abort("at once"), after.signal]);
    expect([signal.aborted, signal.reason]).toEqual([true, "at once"]);
    expect(listenersOf(before.signal, after.signal)).toEqual([0, 0]);
  });

  const ends: Readonly<Record<string, (messages: AsyncIterableIterator<number>) => Promise<unknown>>> = {
    "is read to its end": async (messages) => {
      for await (const message of messages) {
        expect(message).toBeGreaterThan(0);
      }
    },
    "is left": async (messages) => {
      await messages.next();
      await messages.return?.();
    },
  };
  test.each(notEmpty(Object.entries(ends)))(
    "a stream that %s leaves no listener at the signal of its caller",
    async (_, end) => {
      const caller = new AbortController();
      async function* call() {
        yield 1;
        yield 2;
      }
      for (let streams = 0; streams < 3; streams += 1) {
        const callOptions = { signal: caller.signal };
        await end(resumable(call, { request: {}, resume: () => ({}), callOptions }));
      }
      expect(listenersOf(caller.signal)).toEqual([0]);
    },
  );
});
