import { describe, expect, test } from "vitest";
import { createOwnDeadlines } from "../../../server/gate/src/kernel/own-deadlines.ts";
import { createTestClock } from "../../support/test-clock.ts";

function setUp() {
  const clock = createTestClock(0);
  const called: string[] = [];
  return { clock, called, deadlines: createOwnDeadlines(clock) };
}

describe("createOwnDeadlines", () => {
  test("calls each at its time, with a timer of its own", () => {
    const { clock, called, deadlines } = setUp();
    for (const atMs of [9_000, 3_000, 6_000]) {
      deadlines.add(atMs, () => called.push(`${atMs} at ${clock.nowMs()}`));
    }
    clock.advance(1);
    expect(clock.scheduledMs).toHaveLength(3);
    clock.advance(8_999);
    expect(called).toEqual(["3000 at 3000", "6000 at 6000", "9000 at 9000"]);
    expect(clock.scheduledMs).toEqual([]);
  });

  test("notices within five seconds that another request has moved one, with the timer that it has", () => {
    const { clock, called, deadlines } = setUp();
    const later = deadlines.add(6_000, () => called.push(`later at ${clock.nowMs()}`));
    const sooner = deadlines.add(60_000, () => called.push(`sooner at ${clock.nowMs()}`));
    clock.advance(1_000);
    const timers = clock.scheduledMs;
    deadlines.move(later, 20_000);
    deadlines.move(sooner, 2_000);
    expect(clock.scheduledMs).toEqual(timers);
    clock.advance(59_000);
    expect(called).toEqual(["sooner at 5000", "later at 20000"]);
  });

  test("calls one at once that is hurried, and none that is cancelled, each once", () => {
    const { clock, called, deadlines } = setUp();
    const hurried = deadlines.add(6_000, () => called.push("hurried"));
    const cancelled = deadlines.add(6_000, () => called.push("cancelled"));
    deadlines.hurry(hurried);
    deadlines.cancel(cancelled);
    deadlines.hurry(hurried);
    deadlines.hurry(cancelled);
    clock.advance(60_000);
    expect(called).toEqual(["hurried"]);
  });

  test("calls what is no time as soon as it can", () => {
    const { clock, called, deadlines } = setUp();
    deadlines.add(Number.NaN, () => called.push("no time"));
    expect(called).toEqual([]);
    clock.advance(1);
    expect(called).toEqual(["no time"]);
  });
});
