import { expect, test } from "vitest";
import {
  beginDelivery,
  confirmWrite,
  type Delivery,
  receiveMessage,
  recount,
} from "../../../web-demo/src/timeline/delivery.ts";

/** `+7`: the server confirms the write at 7. `7`: the stream delivers it. `|`: the count begins again. */
function play(...steps: readonly string[]): Delivery {
  return steps.reduce((delivery, step) => {
    if (step === "|") {
      return recount(delivery);
    }
    const place = BigInt(step.replace("+", ""));
    return step.startsWith("+") ? confirmWrite(delivery, place) : receiveMessage(delivery, place);
  }, beginDelivery(5n));
}

const CASES = [
  { what: "answers before their messages", steps: ["+6", "6", "+7", "7"], counts: [2, 2, 0, 0] },
  { what: "messages before their answers", steps: ["6", "+6", "7", "+7"], counts: [2, 2, 0, 0] },
  { what: "writes of others among them", steps: ["6", "+7", "7", "8", "9"], counts: [1, 1, 0, 0] },
  { what: "a write that is still on its way", steps: ["+6", "+7", "6"], counts: [2, 1, 0, 0] },
  { what: "a write that the stream passes over", steps: ["+6", "+7", "7"], counts: [2, 1, 1, 0] },
  { what: "a late answer to a write that never came", steps: ["7", "+6"], counts: [1, 0, 1, 0] },
  { what: "a message that comes again", steps: ["+6", "6", "6"], counts: [1, 1, 0, 1] },
  { what: "a message out of order", steps: ["7", "6"], counts: [0, 0, 0, 1] },
  { what: "a write that the list showed already", steps: ["+5", "+4"], counts: [0, 0, 0, 0] },
  { what: "a count that begins again", steps: ["+6", "6", "+7", "|", "7"], counts: [1, 1, 0, 0] },
] as const;

for (const { what, steps, counts } of CASES) {
  test(`counts ${what}`, () => {
    const { confirmed, arrived, missed, twice } = play(...steps);
    expect([confirmed, arrived, missed, twice]).toEqual(counts);
  });
}

test("remembers no more than it needs, however long it goes on", () => {
  const steps = Array.from({ length: 2_000 }, (_, index) => [`+${index + 6}`, `${index + 6}`]).flat();
  const { recent, awaited, arrived } = play(...steps);
  expect([recent.length, awaited.length, arrived]).toEqual([256, 0, 2_000]);
});
