import { describe, expect, it } from "vitest";
import { createTurns } from "../../../server/node/src/streams/turns.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A clock that goes on when it is told to. */
function createHandClock() {
  let nowMs = 0;
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { monotonicMs: () => nowMs, pass };
}

/** Messages until the turn is over. */
function passUntilOver(turns: ReturnType<typeof createTurns>, onMessage: () => void = () => {}): number {
  for (let passed = 1; passed < 1_000; passed += 1) {
    if (turns.isOver()) {
      return passed;
    }
    onMessage();
  }
  return Infinity;
}

describe("a turn of the loop", () => {
  it("is over when messages have taken five milliseconds of it, and the next one is not", async () => {
    const clock = createHandClock();
    const turns = createTurns(clock);
    expect(passUntilOver(turns, () => clock.pass(0.1))).toBeLessThan(100);
    expect(turns.isOver()).toBe(true);
    await nextTurn();
    expect(turns.isOver()).toBe(false);
  });

  it("is not over for messages that take no time", () => {
    expect(passUntilOver(createTurns(createHandClock()))).toBe(Infinity);
  });

  it("is shared in the order in which streams came, as far as it goes", async () => {
    const clock = createHandClock();
    const turns = createTurns(clock);
    passUntilOver(turns, () => clock.pass(1));
    const order: string[] = [];
    const take = (name: string) => () => {
      order.push(name);
      clock.pass(3);
    };
    for (const name of ["a", "b", "c", "d"]) {
      turns.defer(take(name));
    }
    expect(order).toEqual([]);
    await nextTurn();
    expect(order).toEqual(["a", "b"]);
    turns.defer(take("e"));
    await nextTurn();
    expect(order).toEqual(["a", "b", "c", "d"]);
    await nextTurn();
    expect(order).toEqual(["a", "b", "c", "d", "e"]);
  });
});
