import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { createClockWatch } from "../../../server/gate/src/streams/clock-watch.ts";
import { createStreamLifetime } from "../../../server/gate/src/streams/stream-lifetime.ts";
import { resultUntilEnded, untilEnded } from "../../../server/gate/src/streams/until-ended.ts";

const expired = expect.objectContaining({ reason: "STREAM_EXPIRED" });
/** The machine's clock, and how far somebody has set it ahead. */
function createOptions(aheadMs = () => 0) {
  const clock = { ...systemClock, nowMs: () => Date.now() + aheadMs() };
  return { clock, watch: createClockWatch(clock) };
}

beforeEach(() => vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

describe("createStreamLifetime", () => {
  test("ends with STREAM_EXPIRED at its deadline, and aborts its signal", () => {
    const lifetime = createStreamLifetime(createOptions(), 1000);
    vi.advanceTimersByTime(999);
    expect(lifetime.ended).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(lifetime.ended).toEqual(expired);
    expect(lifetime.signal.reason).toEqual(expired);
  });

  test("is over at once when the deadline has passed", () => {
    expect(createStreamLifetime(createOptions(), 0).ended).toEqual(expired);
  });

  test("goes on when the deadline is moved before it comes", () => {
    const lifetime = createStreamLifetime(createOptions(), 1000);
    vi.advanceTimersByTime(900);
    lifetime.setDeadline(2000);
    vi.advanceTimersByTime(1099);
    expect(lifetime.ended).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(lifetime.ended).toEqual(expired);
  });

  test("waits longer than one timer can", () => {
    const days = 40 * 24 * 3600 * 1000;
    const lifetime = createStreamLifetime(createOptions(), days);
    vi.advanceTimersByTime(days - 1);
    expect(lifetime.ended).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(lifetime.ended).toEqual(expired);
  });

  test("ends within 5 seconds of a clock that was set ahead over its deadline", () => {
    let aheadMs = 0;
    const lifetime = createStreamLifetime(
      createOptions(() => aheadMs),
      600_000,
    );
    vi.advanceTimersByTime(7_000);
    aheadMs = 595_000;
    vi.advanceTimersByTime(2_999);
    expect(lifetime.ended).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(lifetime.ended).toEqual(expired);
  });

  test("goes on for as long as a clock was set back", () => {
    let aheadMs = 0;
    const lifetime = createStreamLifetime(
      createOptions(() => aheadMs),
      60_000,
    );
    vi.advanceTimersByTime(30_000);
    aheadMs = -20_000;
    vi.advanceTimersByTime(49_999);
    expect(lifetime.ended).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(lifetime.ended).toEqual(expired);
  });

  test("waits without looking at the clock for each of many, and looks no more when all are over", () => {
    const options = createOptions();
    const lifetimes = Array.from({ length: 100 }, () => createStreamLifetime(options, 600_000));
    expect(vi.getTimerCount()).toBe(101);
    for (const lifetime of lifetimes) lifetime.release(undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("ends once, with the first error", () => {
    const lifetime = createStreamLifetime(createOptions(), 1000);
    const first = new AuthError("SESSION_REVOKED", "revoked");
    lifetime.end(first);
    lifetime.end(new AuthError("STREAM_EXPIRED", "late"));
    const heard: AuthError[] = [];
    lifetime.onEnd((error) => heard.push(error));
    expect(lifetime.ended).toBe(first);
    expect(heard).toEqual([first]);
  });

  test("leaves no timer behind when it is released", () => {
    createStreamLifetime(createOptions(), 1000).release(undefined);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("untilEnded", () => {
  test("passes messages on, then ends a wait for a source that hangs", async () => {
    const lifetime = createStreamLifetime(createOptions(), 1000);
    async function* source() {
      yield 1;
      yield 2;
      await new Promise(() => {}); // hangs for ever
    }
    const messages = untilEnded(source(), lifetime)[Symbol.asyncIterator]();
    expect(await messages.next()).toEqual({ done: false, value: 1 });
    expect(await messages.next()).toEqual({ done: false, value: 2 });
    const hanging = expect(messages.next()).rejects.toEqual(expired);
    vi.advanceTimersByTime(1000);
    await hanging;
    await expect(messages.next()).rejects.toEqual(expired);
  });

  test("closes a source that waits between messages", async () => {
    const lifetime = createStreamLifetime(createOptions(), 1000);
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    async function* source() {
      try {
        yield 1;
        yield 2;
      } finally {
        resolve();
      }
    }
    const messages = untilEnded(source(), lifetime)[Symbol.asyncIterator]();
    await messages.next();
    vi.advanceTimersByTime(1000);
    await closed;
  });

  test("ends a wait for a result of a handler that hangs", async () => {
    const lifetime = createStreamLifetime(createOptions(), 1000);
    const result = expect(resultUntilEnded(new Promise(() => {}), lifetime)).rejects.toEqual(expired);
    vi.advanceTimersByTime(1000);
    await result;
  });
});
