import { beforeEach, describe, expect, test } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createClockJumps } from "../../../server/gate/src/streams/clock-jumps.ts";
import { createStreamLifetime } from "../../../server/gate/src/streams/stream-lifetime.ts";
import { resultUntilEnded, untilEnded } from "../../../server/gate/src/streams/until-ended.ts";
import { createTestClock } from "../../support/test-clock.ts";

const expired = expect.objectContaining({ reason: "STREAM_EXPIRED" });
let clock = createTestClock(0);
beforeEach(() => {
  clock = createTestClock(0);
});

/** The clock of a test, and how far it was set ahead. */
function createOptions(aheadMs = () => 0) {
  const wall = { ...clock, nowMs: () => clock.nowMs() + aheadMs() };
  return { clock: wall, clockJumps: createClockJumps(wall) };
}

describe("createStreamLifetime", () => {
  test("ends with STREAM_EXPIRED at its deadline, and aborts its signal", () => {
    const lifetime = createStreamLifetime(createOptions(), 1000);
    clock.advance(999);
    expect(lifetime.ended).toBeUndefined();
    clock.advance(1);
    expect(lifetime.ended).toEqual(expired);
    expect(lifetime.signal.reason).toEqual(expired);
  });

  test("is over at once when the deadline has passed", () => {
    expect(createStreamLifetime(createOptions(), 0).ended).toEqual(expired);
  });

  test("goes on when the deadline is moved before it comes", () => {
    const lifetime = createStreamLifetime(createOptions(), 1000);
    clock.advance(900);
    lifetime.setDeadline(2000);
    clock.advance(1099);
    expect(lifetime.ended).toBeUndefined();
    clock.advance(1);
    expect(lifetime.ended).toEqual(expired);
  });

  test("waits longer than one timer can", () => {
    const days = 40 * 24 * 3600 * 1000;
    const lifetime = createStreamLifetime(createOptions(), days);
    clock.advance(days - 1);
    expect(lifetime.ended).toBeUndefined();
    clock.advance(1);
    expect(lifetime.ended).toEqual(expired);
  });

  test("ends within 5 seconds of a clock that was set ahead over its deadline", () => {
    let aheadMs = 0;
    const lifetime = createStreamLifetime(
      createOptions(() => aheadMs),
      600_000,
    );
    clock.advance(7_000);
    aheadMs = 595_000;
    clock.advance(2_999);
    expect(lifetime.ended).toBeUndefined();
    clock.advance(1);
    expect(lifetime.ended).toEqual(expired);
  });

  test("goes on for as long as a clock was set back", () => {
    let aheadMs = 0;
    const lifetime = createStreamLifetime(
      createOptions(() => aheadMs),
      60_000,
    );
    clock.advance(30_000);
    aheadMs = -20_000;
    clock.advance(49_999);
    expect(lifetime.ended).toBeUndefined();
    clock.advance(1);
    expect(lifetime.ended).toEqual(expired);
  });

  test("ends within 5 seconds of a clock that no longer shows a number, and does not begin with one", () => {
    let aheadMs = 0;
    const options = createOptions(() => aheadMs);
    const lifetime = createStreamLifetime(options, 600_000);
    aheadMs = Number.NaN;
    clock.advance(5_000);
    expect(lifetime.ended).toEqual(expired);
    expect(createStreamLifetime(options, 600_000).ended).toEqual(expired);
    expect(clock.scheduledMs).toEqual([]);
  });

  test("waits without looking at the clock for each of many, and looks no more when all are over", () => {
    const options = createOptions();
    const lifetimes = Array.from({ length: 100 }, () => createStreamLifetime(options, 600_000));
    expect(clock.scheduledMs.length).toBe(101);
    for (const lifetime of lifetimes) {
      lifetime.release(undefined);
    }
    expect(clock.scheduledMs.length).toBe(0);
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
    expect(clock.scheduledMs.length).toBe(0);
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
    clock.advance(1000);
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
    clock.advance(1000);
    await closed;
  });

  test("ends a wait for a result of a handler that hangs", async () => {
    const lifetime = createStreamLifetime(createOptions(), 1000);
    const result = expect(resultUntilEnded(new Promise(() => {}), lifetime)).rejects.toEqual(expired);
    clock.advance(1000);
    await result;
  });
});
