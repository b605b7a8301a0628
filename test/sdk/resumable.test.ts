import { type CallOptions, Code, ConnectError } from "@connectrpc/connect";
import { type Interruption, resumable } from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { describe, expect, test, vi } from "vitest";
import { notEmpty } from "../support/not-empty.ts";

/** What one opening of the stream does: sends numbers from where it was asked to go on, then ends like this. */
type Opening = (after: number) => { readonly send: readonly number[]; readonly end?: unknown };

/** A feed of numbers whose openings break off as told. */
function feedOf(...openings: readonly Opening[]) {
  const requests: number[] = [];
  const signals: AbortSignal[] = [];
  async function* call({ after }: { readonly after: number }, { signal }: CallOptions = {}) {
    const opening = openings[requests.length];
    requests.push(after);
    if (signal !== undefined) {
      signals.push(signal);
    }
    if (opening === undefined) {
      throw new Error("opened too often");
    }
    const { send, end } = opening(after);
    for (const sequence of send) {
      yield { sequence };
    }
    if (end !== undefined) {
      throw end;
    }
  }
  return { call, requests, signals };
}

const unavailable = new ConnectError("gone", Code.Unavailable);
const drained = new ConnectError("stopping", Code.Unavailable, { "countersign-drain": "1" });
const options = {
  request: { after: 0 },
  resume: (last: { readonly sequence: number }) => ({ after: last.sequence }),
};

async function read(messages: AsyncIterable<{ readonly sequence: number }>): Promise<readonly number[]> {
  const seen: number[] = [];
  for await (const { sequence } of messages) {
    seen.push(sequence);
  }
  return seen;
}

describe("resumable", () => {
  const passing = [Code.Unavailable, Code.Unknown, Code.Internal, Code.Aborted, Code.Canceled];
  for (const code of passing) {
    test(`goes on behind the last message after ${Code[code]}`, async () => {
      const clock = createFakeClock();
      const { call, requests } = feedOf(
        () => ({ send: [1, 2], end: new ConnectError("broken", code) }),
        () => ({ send: [3] }),
      );
      const interruptions: Interruption[] = [];
      const reading = read(
        resumable(call, { ...options, clock, onInterruption: (each) => interruptions.push(each) }),
      );
      await expect.poll(() => interruptions.length).toBe(1);
      clock.advance(10_000);
      expect(await reading).toEqual([1, 2, 3]);
      expect(requests).toEqual([0, 2]);
      expect(interruptions).toEqual([
        { error: expect.objectContaining({ code }), delayMs: expect.any(Number) },
      ]);
    });
  }

  const lasting = [Code.PermissionDenied, Code.InvalidArgument, Code.NotFound, Code.Unimplemented];
  for (const code of lasting) {
    test(`ends with ${Code[code]}, which would come back every time`, async () => {
      const { call, requests } = feedOf(() => ({ send: [1], end: new ConnectError("no", code) }));
      await expect(read(resumable(call, options))).rejects.toMatchObject({ code, rawMessage: "no" });
      expect(requests).toEqual([0]);
    });
  }

  test("ends when the server ends the stream", async () => {
    const { call } = feedOf(() => ({ send: [1, 2, 3] }));
    expect(await read(resumable(call, options))).toEqual([1, 2, 3]);
  });

  test("waits longer after each failure in a row, up to ten seconds", async () => {
    const clock = createFakeClock();
    const failing: Opening = () => ({ send: [], end: unavailable });
    const { call, requests } = feedOf(...Array.from({ length: 12 }, () => failing), () => ({ send: [1] }));
    const delays: number[] = [];
    const reading = read(
      resumable(call, { ...options, clock, onInterruption: ({ delayMs }) => delays.push(delayMs) }),
    );
    for (let at = 1; at <= 12; at += 1) {
      await expect.poll(() => delays.length).toBe(at);
      expect(delays[at - 1]).toBeLessThanOrEqual(Math.min(10_000, 250 * 2 ** (at - 1)));
      clock.advance(10_000);
    }
    expect(await reading).toEqual([1]);
    expect(requests).toHaveLength(13);
  });

  const expired = new ConnectError("expired", Code.Unauthenticated);
  const answered = (end: ConnectError): Opening[] =>
    Array.from({ length: 6 }, () => (after) => ({ send: [after + 1], end }));
  // The first end of this kind is none of a server that does nothing else.
  const draining: Opening = () => ({ send: [], end: drained });
  const hasty = notEmpty([
    ["expired", answered(expired)],
    ["gone", answered(unavailable)],
    ["drained", [draining, ...answered(drained)]],
  ] as const);
  test.each(hasty)(
    "waits longer, too, when each opening brings a message and is at once %s",
    async (_, openings) => {
      const clock = createFakeClock();
      const { call } = feedOf(...openings, () => ({ send: [7] }));
      const delays: number[] = [];
      const messages = resumable(call, {
        ...options,
        clock,
        onInterruption: ({ delayMs }) => delays.push(delayMs),
      });
      const random = vi.spyOn(Math, "random").mockReturnValue(1);
      try {
        const reading = read(messages);
        for (let at = 1; at <= openings.length; at += 1) {
          await expect.poll(() => delays.length).toBe(at);
          clock.advance(10_000);
        }
        expect(await reading).toEqual([1, 2, 3, 4, 5, 6, 7]);
      } finally {
        random.mockRestore();
      }
      expect(delays.slice(-5)).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
    },
  );

  test("does not wait after an expiry when the stream had lasted", async () => {
    const clock = createFakeClock();
    const lived: Opening = (after) => {
      clock.advance(1_000);
      return { send: [after + 1], end: expired };
    };
    const { call } = feedOf(lived, lived, lived, () => ({ send: [4] }));
    const delays: number[] = [];
    const reading = read(
      resumable(call, { ...options, clock, onInterruption: ({ delayMs }) => delays.push(delayMs) }),
    );
    for (let at = 1; at <= 3; at += 1) {
      await expect.poll(() => delays.length).toBe(at);
      clock.advance(1);
    }
    expect(await reading).toEqual([1, 2, 3, 4]);
    expect(delays).toEqual([0, 0, 0]);
  });

  test("does not wait any longer when the browser says that the network is back", async () => {
    const page = new EventTarget();
    Object.assign(globalThis, {
      addEventListener: page.addEventListener.bind(page),
      removeEventListener: page.removeEventListener.bind(page),
    });
    try {
      const broken: Opening = () => ({ send: [], end: unavailable });
      const { call, requests } = feedOf(broken, () => ({ send: [1] }));
      const interruptions: Interruption[] = [];
      const clock = createFakeClock();
      const reading = read(
        resumable(call, { ...options, clock, onInterruption: (each) => interruptions.push(each) }),
      );
      await expect.poll(() => interruptions.length).toBe(1);
      page.dispatchEvent(new Event("online"));
      expect(await reading).toEqual([1]);
      expect(requests).toEqual([0, 0]);
    } finally {
      Reflect.deleteProperty(globalThis, "addEventListener");
      Reflect.deleteProperty(globalThis, "removeEventListener");
    }
  });

  test("is left by break, and the call is told", async () => {
    const { call, signals } = feedOf(() => ({ send: [1, 2] }));
    for await (const { sequence } of resumable(call, options)) {
      expect(sequence).toBe(1);
      break;
    }
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test("is left by return() while it waits for a message", async () => {
    async function* silent(_: object, { signal }: CallOptions = {}): AsyncGenerator<{ sequence: number }> {
      await new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    }
    const messages = resumable(silent, { request: {}, resume: () => ({}) });
    const pending = messages.next();
    await messages.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
  });

  test("is left by return() while it waits for the next opening", async () => {
    const clock = createFakeClock();
    const { call } = feedOf(() => ({ send: [], end: unavailable }));
    const interruptions: Interruption[] = [];
    const messages = resumable(call, {
      ...options,
      clock,
      onInterruption: (each) => interruptions.push(each),
    });
    const pending = messages.next();
    await expect.poll(() => interruptions.length).toBe(1);
    await messages.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
  });

  test("ends with the reason of the caller's signal", async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    const { call } = feedOf(() => ({ send: [1], end: unavailable }));
    const reading = read(
      resumable(call, {
        ...options,
        clock,
        callOptions: { signal: stop.signal },
        onInterruption: () => stop.abort(new ConnectError("enough", Code.Canceled)),
      }),
    );
    await expect(reading).rejects.toMatchObject({ code: Code.Canceled, rawMessage: "enough" });
  });

  test("throws what resume throws, and opens nothing again", async () => {
    const { call, requests } = feedOf(() => ({ send: [1] }));
    const resume = (): { after: number } => {
      throw new TypeError("no cursor");
    };
    await expect(read(resumable(call, { request: { after: 0 }, resume }))).rejects.toThrowError("no cursor");
    expect(requests).toEqual([0]);
  });
});
