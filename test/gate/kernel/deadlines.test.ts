import { beforeEach, describe, expect, test } from "vitest";
import { createDeadlines } from "../../../server/gate/src/kernel/deadlines.ts";
import { createTurnClock } from "../../support/turn-clock.ts";

let clock = createTurnClock();
let called: number[] = [];
beforeEach(() => {
  clock = createTurnClock();
  called = [];
});

/** Numbers from 0, in an order that is none. */
const shuffled = (count: number) => Array.from({ length: count }, (_, index) => (index * 7919) % count);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Deadlines of which the first 40 are due at once, in their order, and nothing else: the clock was set ahead. */
function createCrowd() {
  let aheadMs = 0;
  const deadlines = createDeadlines({ ...clock, nowMs: () => clock.nowMs() + aheadMs });
  for (const number of upTo(40)) {
    deadlines.add(1000 + number, () => called.push(number));
  }
  const fall = (): void => {
    aheadMs = 100;
    clock.advance(1000);
  };
  return { deadlines, fall };
}

/** Let all turns of the event loop pass that are due now. @returns how many were called in each */
function turns(): readonly number[] {
  const counts: number[] = [];
  for (let before = called.length; clock.turn(); before = called.length) {
    counts.push(called.length - before);
  }
  return counts;
}

describe("createDeadlines", () => {
  test("calls each at its time and in order, with one timer for all", () => {
    const deadlines = createDeadlines(clock);
    for (const number of shuffled(1000)) {
      deadlines.add(10 + number, () => {
        expect(clock.nowMs()).toBe(10 + number);
        called.push(number);
      });
    }
    expect(clock.scheduledMs.length).toBe(1);
    clock.advance(2000);
    expect(called).toEqual(upTo(1000));
    expect(clock.scheduledMs).toEqual([]);
  });

  test("keeps the order when others are moved and cancelled", () => {
    const deadlines = createDeadlines(clock);
    const all = shuffled(500).map((number) => ({
      number,
      deadline: deadlines.add(100 + number, () => called.push(number)),
    }));
    for (const { number, deadline } of all) {
      if (number % 3 === 0) {
        deadlines.cancel(deadline);
      } else if (number % 3 === 1) {
        deadlines.move(deadline, 2000 - number);
      }
    }
    clock.advance(3000);
    const later = upTo(500).filter((number) => number % 3 === 1);
    expect(called).toEqual([...upTo(500).filter((number) => number % 3 === 2), ...later.reverse()]);
  });

  test("calls a crowd in slices of 32, each in a turn of its own, none twice", () => {
    const deadlines = createDeadlines(clock);
    for (const number of upTo(100)) {
      deadlines.add(1000, () => called.push(number));
    }
    clock.advance(1000);
    expect(called.length).toBe(32);
    expect(turns()).toEqual([32, 32, 4]);
    expect(new Set(called).size).toBe(100);
  });

  test("ends a slice after 10 ms, however few were called", () => {
    let takenMs = 0;
    const deadlines = createDeadlines({ ...clock, monotonicMs: () => clock.monotonicMs() + takenMs });
    for (const number of upTo(10)) {
      deadlines.add(1000, () => {
        takenMs += 4;
        called.push(number);
      });
    }
    clock.advance(1000);
    expect(called.length).toBe(3);
    expect(turns()).toEqual([3, 3, 1]);
  });

  test("does not call what is moved or cancelled between two slices", () => {
    const { deadlines, fall } = createCrowd();
    const renewed = deadlines.add(1050, () => called.push(40));
    const closed = deadlines.add(1050, () => called.push(41));
    fall();
    expect(called).toEqual(upTo(32));
    deadlines.move(renewed, 2000);
    deadlines.cancel(closed);
    expect(turns()).toEqual([8]);
    clock.advance(899);
    expect(called).toEqual(upTo(40));
    clock.advance(1);
    expect(called).toEqual(upTo(41));
  });

  test("calls what is in a hurry at once, and where many are, in slices before all that are due", () => {
    const { deadlines, fall } = createCrowd();
    const first = deadlines.add(600_000, () => called.push(-1));
    deadlines.hurry(first);
    expect(called).toEqual([-1]);
    fall();
    called = [];
    const hurried = upTo(40).map((number) => deadlines.add(600_000, () => called.push(100 + number)));
    hurried.forEach(deadlines.hurry);
    expect(called).toEqual([]); // the slice of this turn is full
    expect(turns()).toEqual([32, 16]);
    expect(called.slice(0, 40).every((number) => number >= 100)).toBe(true);
    expect(called.slice(40)).toEqual(upTo(40).slice(32));
  });

  test("calls those in a hurry in slices, each begun when the one before is over", () => {
    let passedMs = 0;
    const deadlines = createDeadlines({ ...clock, monotonicMs: () => passedMs });
    const hurry = () => deadlines.hurry(deadlines.add(600_000, () => called.push(1)));
    upTo(33).forEach(hurry);
    expect(called.length).toBe(32);
    passedMs = 10;
    hurry();
    expect([called.length, turns()]).toEqual([33, [1]]);
  });

  test("leaves what was called or cancelled as it is when it is moved", () => {
    const deadlines = createDeadlines(clock);
    const over = deadlines.add(1, () => called.push(1));
    const cancelled = deadlines.add(1, () => called.push(2));
    deadlines.cancel(cancelled);
    deadlines.cancel(cancelled);
    clock.advance(1);
    deadlines.move(over, 2);
    deadlines.hurry(over);
    deadlines.hurry(cancelled);
    turns();
    clock.advance(10);
    expect([called, clock.scheduledMs]).toEqual([[1], []]);
  });

  test("goes on with the others when a call throws", () => {
    const deadlines = createDeadlines(clock);
    deadlines.add(1, () => {
      throw new Error("broken");
    });
    deadlines.add(1, () => called.push(1));
    expect(() => clock.advance(1)).toThrow("broken");
    expect(turns()).toEqual([1]);
  });

  test("sets no timer for a deadline that is moved and stays behind another", () => {
    let schedules = 0;
    const schedule: typeof clock.schedule = (...call) => {
      schedules += 1;
      return clock.schedule(...call);
    };
    const deadlines = createDeadlines({ ...clock, schedule });
    const all = upTo(1000).map((number) => deadlines.add(1000 + number, () => called.push(number)));
    expect(schedules).toBe(1);
    for (const deadline of all) {
      deadlines.move(deadline, 4000);
    }
    expect(schedules).toBe(1);
    clock.advance(3999);
    expect(called).toEqual([]);
    clock.advance(1);
    expect(called.length).toBe(32);
  });
});
