import { describe, expect, test } from "vitest";
import { createReconnection } from "../../../server/issuer/src/store/reconnection.ts";
import { createTestClock } from "../../support/test-clock.ts";

/** A connection that can never be had. */
function createFailing() {
  const clock = createTestClock();
  const openedAtMs: number[] = [];
  const reconnection = createReconnection(clock, () => {
    openedAtMs.push(clock.monotonicMs());
    reconnection.connectLater();
  });
  reconnection.connect();
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
    }
  };
  return { reconnection, openedAtMs, pass };
}

describe("a connection that breaks", () => {
  test("is opened again after ever longer waits", () => {
    const { openedAtMs, pass } = createFailing();
    pass(60_000);
    const waitsMs = openedAtMs.slice(1).map((atMs, index) => atMs - (openedAtMs[index] ?? 0));
    expect(waitsMs[0]).toBeLessThanOrEqual(110);
    // At the end a half to the whole of five seconds.
    expect(waitsMs.slice(-5).every((ms) => ms >= 2_500 && ms <= 5_010)).toBe(true);
  });

  test("is opened again soon when there is something to send, and no more than twice a second", () => {
    const { reconnection, openedAtMs, pass } = createFailing();
    pass(30_000);
    const { length } = openedAtMs;
    const last = openedAtMs.at(-1) ?? 0;
    for (let passed = 0; passed < 2_000; passed += 10) {
      reconnection.hasten();
      pass(10);
    }
    const hastened = openedAtMs.slice(length);
    expect(hastened.length).toBeGreaterThanOrEqual(4);
    expect(hastened.every((atMs, index) => atMs - (hastened[index - 1] ?? last) >= 500)).toBe(true);
  });

  test("is not opened when it is let go of", () => {
    const { reconnection, openedAtMs, pass } = createFailing();
    reconnection.cancel();
    reconnection.hasten();
    pass(10_000);
    expect([openedAtMs.length, reconnection.isWaiting()]).toEqual([1, false]);
  });
});
