import { beforeEach, describe, expect, test } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createDeadlines } from "../../../server/gate/src/kernel/deadlines.ts";
import { createStreamLifetime } from "../../../server/gate/src/streams/stream-lifetime.ts";
import { resultUntilEnded, untilEnded } from "../../../server/gate/src/streams/until-ended.ts";
import { createTurnClock } from "../../support/turn-clock.ts";

const expired = expect.objectContaining({ reason: "STREAM_EXPIRED" });
let clock = createTurnClock();
beforeEach(() => {
  clock = createTurnClock();
});

/** The clock of a test, and how far it was set ahead. */
function createOptions(aheadMs = () => 0) {
  const wall = { ...clock, nowMs: () => clock.nowMs() + aheadMs() };
  return { clock: wall, deadlines: createDeadlines(wall) };
}

/** A lifetime whose end waits for the next turn: so many others have ended in this one. */
function createFullSlice(deadlineMs: number) {
  const options = createOptions();
  for (let count = 0; count < 32; count += 1) {
    createStreamLifetime(options, deadlineMs).end(new AuthError("SESSION_REVOKED", "revoked"));
  }
  return createStreamLifetime(options, deadlineMs);
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

  test("waits for longer than it looks at the clock", () => {
    const days = 2 * 24 * 3600 * 1000;
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

  test("waits with one timer for many, and with none when all are over", () => {
    const options = createOptions();
    const lifetimes = Array.from({ length: 100 }, () => createStreamLifetime(options, 600_000));
    expect(clock.scheduledMs.length).toBe(1);
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
    expect([heard, lifetime.signal.reason]).toEqual([[first], first]);
    lifetime.setDeadline(5000);
    expect([lifetime.deadlineMs, clock.scheduledMs]).toEqual([1000, []]);
  });

  test("that ends with many others is notified in the next turn, and passes nothing before", () => {
    const options = createOptions();
    const lifetimes = Array.from({ length: 33 }, () => createStreamLifetime(options, 1000));
    const revoked = new AuthError("SESSION_REVOKED", "revoked");
    const heard: AuthError[] = [];
    for (const lifetime of lifetimes) {
      lifetime.onEnd((error) => heard.push(error));
      lifetime.end(revoked);
    }
    const last = lifetimes.at(-1);
    expect([heard.length, last?.ended, last?.signal.aborted]).toEqual([32, revoked, false]);
    last?.setDeadline(5000);
    expect([clock.turn(), heard.length, last?.signal.reason]).toEqual([true, 33, revoked]);
    expect(clock.scheduledMs).toEqual([]);
  });

  test("notifies its listeners of an end that has begun when it is released", () => {
    const lifetime = createFullSlice(1000);
    const revoked = new AuthError("SESSION_REVOKED", "revoked");
    const heard: AuthError[] = [];
    lifetime.onEnd((error) => heard.push(error));
    lifetime.end(revoked);
    expect(heard).toEqual([]);
    lifetime.release(new Error("the call is over"));
    expect([heard, lifetime.signal.reason, clock.scheduledMs]).toEqual([[revoked], revoked, []]);
  });

  test("ends with one error for all, which no handler can change", () => {
    const options = createOptions();
    const [one, other] = [createStreamLifetime(options, 0), createStreamLifetime(options, 0)];
    expect(one.ended).toBe(other.ended);
    expect([one.ended, one.ended?.metadata].every(Object.isFrozen)).toBe(true);
  });

  test("a renewed stream goes on while others of its deadline end in slices", () => {
    const options = createOptions();
    const lifetimes = Array.from({ length: 64 }, () => createStreamLifetime(options, 1000));
    const open = () => lifetimes.filter(({ ended }) => ended === undefined);
    clock.advance(1000);
    const renewed = open().at(-1);
    renewed?.setDeadline(2000);
    expect([open().length, clock.turn(), clock.turn()]).toEqual([32, true, false]);
    expect(open()).toEqual([renewed]);
    clock.advance(999);
    expect(renewed?.ended).toBeUndefined();
    clock.advance(1);
    expect(renewed?.ended).toEqual(expired);
  });

  test("what is revoked is notified before the streams whose time has come, and passes nothing at once", () => {
    const options = createOptions();
    const order: string[] = [];
    const lifetimes = Array.from({ length: 40 }, () => createStreamLifetime(options, 1000));
    const last = createStreamLifetime(options, 600_000);
    for (const lifetime of [...lifetimes, last]) {
      lifetime.onEnd(({ reason }) => order.push(reason));
    }
    clock.advance(1000);
    expect(order.length).toBe(32);
    last.end(new AuthError("SESSION_REVOKED", "revoked"));
    expect(last.ended?.reason).toBe("SESSION_REVOKED");
    expect([clock.turn(), clock.turn(), order.length]).toEqual([true, false, 41]);
    expect(order.slice(31, 34)).toEqual(["STREAM_EXPIRED", "SESSION_REVOKED", "STREAM_EXPIRED"]);
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

  test("refuses a message and a result that come when the end has begun", async () => {
    const lifetime = createFullSlice(1000);
    async function* source() {
      yield 1;
    }
    const message = untilEnded(source(), lifetime)[Symbol.asyncIterator]().next();
    const result = resultUntilEnded(Promise.resolve(1), lifetime);
    const revoked = new AuthError("SESSION_REVOKED", "revoked");
    lifetime.end(revoked);
    expect(await Promise.allSettled([message, result])).toEqual([
      { status: "rejected", reason: revoked },
      { status: "rejected", reason: revoked },
    ]);
  });

  test("ends a wait for a result of a handler that hangs", async () => {
    const lifetime = createStreamLifetime(createOptions(), 1000);
    const result = expect(resultUntilEnded(new Promise(() => {}), lifetime)).rejects.toEqual(expired);
    clock.advance(1000);
    await result;
  });
});
