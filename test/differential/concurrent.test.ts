import { afterAll, beforeAll, expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import type { Case } from "./case.ts";
import { ALL_CASES } from "./cases/all.ts";
import { sendTogether } from "./send-http2.ts";
import { type Side, startSide } from "./side.ts";
import { connectHandler, fastPath } from "./variants.ts";

let sides: readonly Side[];
beforeAll(async () => {
  sides = await Promise.all([startSide("own", fastPath), startSide("own", connectHandler)]);
});
afterAll(() => Promise.all(sides.map((side) => side[Symbol.asyncDispose]())));

/** Node's client never forgets the memory of a body that a server refused, and breaks off the connection then. */
const MAX_BYTES = 4_000;

/** What is whole when it is sent, and needs no server of its own. */
function isPlain({ setup = "own", transport = "h2", steps, fields }: Case): boolean {
  const isSmall = steps.every((step) => !(step instanceof Uint8Array) || step.length <= MAX_BYTES);
  const isWhole =
    steps.every((step) => step instanceof Uint8Array || step === "end") && steps.includes("end");
  return (
    setup === "own" && transport === "h2" && isSmall && isWhole && !fields.some(([name]) => name === "expect")
  );
}

const cases = Object.values(ALL_CASES).flat().filter(isPlain);
const AT_A_TIME = 100;
const groups = Array.from({ length: Math.ceil(cases.length / AT_A_TIME) }, (_, index) =>
  cases.slice(index * AT_A_TIME, (index + 1) * AT_A_TIME),
);

test.each(notEmpty(groups.map((group, index) => ({ index, group }))))(
  "calls that are under way together on one connection are told apart: group $index",
  async ({ group }) => {
    const [one, other] = await Promise.all(sides.map((side) => sendTogether(side, group)));
    const differing = group.filter(
      (_, index) => JSON.stringify(one?.[index]) !== JSON.stringify(other?.[index]),
    );
    expect(differing.map(({ name }) => name)).toEqual([]);
    expect(one).toHaveLength(group.length);
  },
);
