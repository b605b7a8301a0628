import { expect, test } from "vitest";
import { isTick, toTick } from "../../../web-demo/src/ticks/tick.ts";
import { createTickWriter } from "../../../web-demo/src/ticks/tick-writer.ts";

/** A store of ticks that can be cut off. */
function setUp() {
  const stored = new Set<string>();
  const confirmed: bigint[] = [];
  let isCut = false;
  let isAnswerLost = false;
  let hold: Promise<void> | undefined;
  const assertThere = (): void => {
    if (isCut) {
      throw new TypeError("Failed to fetch");
    }
  };
  const writer = createTickWriter({
    create: async (count) => {
      assertThere();
      await hold;
      const id = stored.has(`tick-${count}`) ? `tick-${count}-again` : `tick-${count}`;
      stored.add(id);
      if (isAnswerLost) {
        isAnswerLost = false;
        throw new TypeError("Failed to fetch");
      }
      return { id, sequence: BigInt(count) };
    },
    remove: async (id) => {
      assertThere();
      stored.delete(id);
    },
    onConfirmed: (sequence) => confirmed.push(sequence),
  });
  return {
    ...{ writer, stored, confirmed },
    loseAnswer: () => {
      isAnswerLost = true;
    },
    setCut: (value: boolean) => (isCut = value),
    holdUntil: (promise: Promise<void>) => {
      hold = promise;
    },
  };
}

test("a tick deletes the one before, and a sweep the last", async () => {
  const { writer, stored, confirmed } = setUp();
  for (let ticks = 0; ticks < 3; ticks += 1) {
    await writer.write();
  }
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

test("a tick whose answer was lost is deleted once the feed has told of it", async () => {
  const { writer, stored, loseAnswer } = setUp();
  writer.notice("another page's", true);
  loseAnswer();
  await writer.write();
  expect([...stored]).toEqual(["tick-1"]);
  writer.notice("tick-1", true);
  writer.notice("another page's", false);
  await writer.write();
  expect([...stored]).toEqual(["tick-1-again"]);
  await writer.sweep();
  expect([...stored]).toEqual([]);
});

test("ticks of another page are let be while every answer has come", async () => {
  const { writer, stored } = setUp();
  stored.add("another page's");
  writer.notice("another page's", true);
  await writer.write();
  writer.notice("tick-1", true);
  await writer.sweep();
  expect([...stored]).toEqual(["another page's"]);
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
