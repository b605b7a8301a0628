import { describe, expect, it } from "vitest";
import { type ByteHolder, createByteBudget } from "../../../server/gate/src/kernel/byte-budget.ts";

const LIMITS = { maxBytesPerConnection: 100, maxBytes: 1000 };

/** Writes down in which order holders give up. */
function createHolders() {
  const gaveUp: string[] = [];
  const create = (name: string, connection: object, peer = "a"): ByteHolder => ({
    connection,
    peer,
    giveUp: () => void gaveUp.push(name),
  });
  return { gaveUp, create };
}

describe("a byte budget", () => {
  it("counts what each holder has now, and forgets what is released", () => {
    const { create } = createHolders();
    const budget = createByteBudget(LIMITS);
    const connection = {};
    const [one, other] = [create("one", connection), create("other", connection)];
    budget.hold(one, 10);
    budget.hold(one, 30);
    budget.hold(other, 20);
    expect(budget.heldBytes).toBe(50);
    budget.hold(one, 0);
    expect(budget.heldBytes).toBe(20);
    budget.release(other);
    budget.release(other);
    expect(budget.heldBytes).toBe(0);
  });

  it("has the oldest of a connection give up when that has too much, down to seven eighths", () => {
    const { create, gaveUp } = createHolders();
    const budget = createByteBudget(LIMITS);
    const connection = {};
    for (const name of ["1", "2", "3", "4", "5"]) {
      budget.hold(create(name, connection), 20);
    }
    budget.hold(create("elsewhere", {}), 90);
    expect(gaveUp).toEqual([]);
    budget.hold(create("6", connection), 1);
    expect(gaveUp).toEqual(["1"]);
    expect(budget.heldBytes).toBe(90 + 81);
  });

  it("has the peer give up that holds most, though others on its connection are older", () => {
    const { create, gaveUp } = createHolders();
    const budget = createByteBudget(LIMITS);
    const connection = {};
    budget.hold(create("honest", connection, "a"), 30);
    budget.hold(create("greedy 1", connection, "b"), 30);
    budget.hold(create("greedy 2", connection, "b"), 35);
    budget.hold(create("honest 2", connection, "a"), 10);
    expect(gaveUp).toEqual(["greedy 1"]);
  });

  it("has those give up last that have little, however old they are", () => {
    const { create, gaveUp } = createHolders();
    const budget = createByteBudget(LIMITS);
    const connection = {};
    for (const name of ["rests 1", "rests 2"]) {
      budget.hold(create(name, connection), 5);
    }
    for (const name of ["1", "2", "3"]) {
      budget.hold(create(name, connection), 30);
    }
    budget.hold(create("4", connection), 30);
    expect(gaveUp).toEqual(["1", "2"]);
  });

  it("bounds all connections together", () => {
    const { create, gaveUp } = createHolders();
    const budget = createByteBudget(LIMITS);
    for (let index = 0; index < 50; index += 1) {
      budget.hold(create(`flood ${index}`, {}, "b"), 90);
      budget.hold(create("small", {}, "a"), 1);
      expect(budget.heldBytes).toBeLessThanOrEqual(1000);
    }
    expect(gaveUp).not.toContain("small");
    expect(gaveUp.slice(0, 3)).toEqual(["flood 0", "flood 1", "flood 2"]);
  });

  it("may have the one give up that asks for more", () => {
    const { create, gaveUp } = createHolders();
    const budget = createByteBudget(LIMITS);
    const holder = create("only", {});
    budget.hold(holder, 101);
    expect(gaveUp).toEqual(["only"]);
    expect(budget.heldBytes).toBe(0);
  });

  it("asks a holder once where it comes from", () => {
    let asked = 0;
    const connection = {};
    const budget = createByteBudget({ maxBytesPerConnection: 10, maxBytes: 1000 });
    const holder = (name: string): ByteHolder => ({
      connection,
      get peer() {
        asked += 1;
        return name;
      },
      giveUp: () => undefined,
    });
    budget.hold(holder("first"), 8);
    const second = holder("second");
    budget.hold(second, 4);
    expect(asked).toBe(2);
    budget.hold(second, 3);
    budget.hold(second, 20);
    expect(asked).toBe(2);
  });
});
