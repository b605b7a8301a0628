import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Clock, resolveClock, systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { pause, repeat } from "../../../server/gate/src/kernel/timers.ts";
import { createTestClock } from "../../support/test-clock.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

describe("systemClock", () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  test("calls back once, after the delay", () => {
    const run = vi.fn<() => void>();
    systemClock.schedule(run, 1_000);
    vi.advanceTimersByTime(999);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(run).toHaveBeenCalledTimes(1);
  });

  for (const days of [25, 50, 100]) {
    test(`waits for ${days} days, which is longer than one timer can`, () => {
      const run = vi.fn<() => void>();
      systemClock.schedule(run, days * DAY_MS);
      // Fake timers pass from one to the next: there is none in between.
      vi.advanceTimersByTime(days * DAY_MS - 1);
      expect(run).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(run).toHaveBeenCalledTimes(1);
    });
  }

  test("never calls back after an infinite delay", () => {
    const run = vi.fn<() => void>();
    systemClock.schedule(run, Infinity);
    vi.advanceTimersByTime(200 * DAY_MS);
    expect(run).not.toHaveBeenCalled();
  });

  test("refuses a delay that is no number, which no timer can wait for", () => {
    for (const delayMs of [Number.NaN, undefined as unknown as number]) {
      expect(() => systemClock.schedule(() => undefined, delayMs)).toThrow(
        new TypeError("delayMs must be a number of milliseconds"),
      );
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test("leaves no timer behind when it is cancelled, not even in the middle of a chain", () => {
    const run = vi.fn<() => void>();
    const cancel = systemClock.schedule(run, 40 * DAY_MS);
    vi.advanceTimersByTime(30 * DAY_MS);
    cancel();
    cancel();
    expect(vi.getTimerCount()).toBe(0);
    expect(run).not.toHaveBeenCalled();
  });

  test("does not move what is scheduled when the wall clock is set", () => {
    const run = vi.fn<() => void>();
    systemClock.schedule(run, 1_000);
    vi.setSystemTime(60_000);
    vi.advanceTimersByTime(999);
    expect([run.mock.calls.length, systemClock.nowMs()]).toEqual([0, 60_999]);
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
  });
});

describe("resolveClock", () => {
  test("takes a clock that has all it needs, and the machine's in the place of none", () => {
    const clock = createTestClock();
    expect(resolveClock(clock)).toBe(clock);
    expect(resolveClock(undefined)).toBe(systemClock);
  });

  const { nowMs, monotonicMs, schedule } = systemClock;
  const wrong: readonly { readonly clock: unknown; readonly says: string }[] = [
    { clock: { monotonicMs, schedule }, says: "clock.nowMs must be a function" },
    { clock: { nowMs, schedule }, says: "clock.monotonicMs must be a function" },
    { clock: { nowMs, monotonicMs }, says: "clock.schedule must be a function" },
    { clock: { nowMs, monotonicMs, schedule: 5 }, says: "clock.schedule must be a function" },
    { clock: null, says: "clock.nowMs must be a function" },
    ...[Number.NaN, Infinity, undefined, new Date(), "1", 1n, Promise.resolve(1)].flatMap((time) => [
      {
        clock: { ...systemClock, nowMs: () => time },
        says: "clock.nowMs must return a number of milliseconds",
      },
      {
        clock: { ...systemClock, monotonicMs: () => time },
        says: "clock.monotonicMs must return a number of milliseconds",
      },
    ]),
  ];
  for (const [at, { clock, says }] of wrong.entries()) {
    test(`refuses clock ${at} of those that are none: ${says}`, () => {
      expect(() => resolveClock(clock as Clock)).toThrow(new TypeError(says));
    });
  }
});

test("a process ends before what is scheduled, unless a caller waits for it", () => {
  const unref = vi.fn<() => void>();
  const ticks = vi.spyOn(globalThis, "setTimeout").mockReturnValue({ unref } as unknown as NodeJS.Timeout);
  systemClock.schedule(() => undefined, 1_000);
  systemClock.schedule(() => undefined, 1_000, { keepsProcessAlive: true });
  ticks.mockRestore();
  expect(unref).toHaveBeenCalledTimes(1);
});

describe("repeat", () => {
  test("calls back again and again until it is cancelled", () => {
    const clock = createTestClock();
    const run = vi.fn<() => void>();
    const cancel = repeat(clock, run, 100);
    clock.advance(350);
    expect(run).toHaveBeenCalledTimes(3);
    cancel();
    clock.advance(1_000);
    expect([run.mock.calls.length, clock.scheduledMs]).toEqual([3, []]);
  });

  test("goes on after a call that throws", () => {
    const clock = createTestClock();
    let calls = 0;
    repeat(
      clock,
      () => {
        calls += 1;
        throw new Error("failed");
      },
      100,
    );
    expect(() => clock.advance(100)).toThrow("failed");
    expect(() => clock.advance(100)).toThrow("failed");
    expect(calls).toBe(2);
  });

  test("can be cancelled from within", () => {
    const clock = createTestClock();
    let calls = 0;
    const run = (): void => {
      calls += 1;
      cancel();
    };
    const cancel = repeat(clock, run, 100);
    clock.advance(1_000);
    expect([calls, clock.scheduledMs]).toEqual([1, []]);
  });
});

describe("pause", () => {
  test("ends after its time", async () => {
    const clock = createTestClock();
    const paused = pause(clock, 1_000);
    expect(clock.scheduledMs).toEqual([1_000]);
    clock.advance(1_000);
    await paused;
  });

  test("ends when its signal is aborted, and leaves nothing behind", async () => {
    const clock = createTestClock();
    const stopping = new AbortController();
    const paused = pause(clock, 1_000, stopping.signal);
    stopping.abort();
    await paused;
    expect(clock.scheduledMs).toEqual([]);
    await pause(clock, 1_000, stopping.signal);
    expect(clock.scheduledMs).toEqual([]);
  });
});
