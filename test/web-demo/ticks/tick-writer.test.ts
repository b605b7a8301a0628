import { expect, test } from "vitest";
import { isTick, toTick } from "../../../web-demo/src/ticks/tick.ts";
import { createTickWriter } from "../../../web-demo/src/ticks/tick-writer.ts";

/** A store of ticks that can be cut off. */
function setUp() {
  const stored = new Set<string>();
  const confirmed: bigint[] = [];
  let isCut = false;
  let hold: Promise<void> | undefined;
  const assertThere = (): void => {
    if (isCut) throw new TypeError("Failed to fetch");
  };
  const writer = createTickWriter({
    create: async (count) => {
      assertThere();
      await hold;
      stored.add(`tick-${count}`);
      return { id: `tick-${count}`, sequence: BigInt(count) };
    },
    remove: async (id) => {
      assertThere();
      stored.delete(id);
    },
    onConfirmed: (sequence) => confirmed.push(sequence),
  });
  return {
    ...{ writer, stored, confirmed },
    setCut: (value: boolean) => (isCut = value),
    holdUntil: (promise: Promise<void>) => {
      hold = promise;
    },
  };
}

test("a tick deletes the one before, and a sweep the last", async () => {
  const { writer, stored, confirmed } = setUp();
  for (let ticks = 0; ticks < 3; ticks += 1) await writer.write();
  expect([...stored]).toEqual(["tick-3"]);
  expect(confirmed).toEqual([1n, 2n, 3n]);
  await writer.sweep();
  expect([...stored]).toEqual([]);
});

test("what could not be deleted is deleted the next time", async () => {
  const { writer, stored, setCut } = setUp();
  await writer.write();
  setCut(true);
  await writer.write();
  await writer.sweep();
  expect([...stored]).toEqual(["tick-1"]);
  setCut(false);
  await writer.write();
  expect([...stored]).toEqual(["tick-2"]);
});

test("what another page left behind is deleted too", async () => {
  const { writer, stored } = setUp();
  stored.add("old");
  writer.adopt(["old"]);
  await writer.sweep();
  expect([...stored]).toEqual([]);
});

test("a slow server is not asked for a second tick before it has answered the first", async () => {
  const { writer, confirmed, holdUntil } = setUp();
  const slow = Promise.withResolvers<void>();
  holdUntil(slow.promise);
  const first = writer.write();
  await writer.write();
  slow.resolve();
  await first;
  expect(confirmed).toEqual([1n]);
});

test("a tick is known as one, and no other note is", () => {
  expect(isTick(toTick(7))).toBe(true);
  expect(isTick({ body: "Tick 7" })).toBe(false);
  expect(isTick(undefined)).toBe(false);
});
