import { expect, test } from "vitest";
import type { Case } from "./case.ts";
import { ALL_CASES } from "./cases/all.ts";
import { type Sides, startSides } from "./compare.ts";
import { connectHandler, MUTANTS } from "./variants.ts";

const cases = Object.values(ALL_CASES).flat();

/** A server that never answers what the other does is a difference, too. A slow one that answers is none. */
const PATIENCE_MS = 60_000;

/** A server with a fault is told from a right one, whether for the fault or because it was slow. */
const LITTLE_PATIENCE_MS = 2_000;

async function differs(sides: Sides, sent: Case, patienceMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(true), patienceMs)));
  const compared = sides.compare(sent).then(({ isEqual }) => !isEqual);
  return await Promise.race([compared, tooLong]).finally(() => clearTimeout(timer));
}

async function findDifference(
  sides: Sides,
  among: readonly Case[],
  patienceMs: number,
): Promise<string | undefined> {
  for (const sent of among) if (await differs(sides, sent, patienceMs)) return sent.name;
  return undefined;
}

test("there are at least 300 requests, and none stands twice", () => {
  const names = cases.map(({ name, transport }) => `${name} ${transport ?? ""}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(cases.length).toBeGreaterThanOrEqual(300);
});

test("connect's own handler does the same twice: whatever differs comes of the fast path", async () => {
  await using sides = startSides(connectHandler, connectHandler);
  expect(await findDifference(sides, cases, PATIENCE_MS)).toBeUndefined();
}, 600_000);

// The cases that can tell come last as often as first: to look at all of them would take minutes.
const telling = cases.filter((_, index) => index % 3 === 0);

test.each(Object.entries(MUTANTS))(
  "a server with %s is told from a right one",
  async (name, mutant) => {
    await using sides = startSides(connectHandler, mutant);
    const among =
      name.includes("shutdown") || name.includes("time") ? (ALL_CASES["callers who leave"] ?? []) : telling;
    expect(await findDifference(sides, among, LITTLE_PATIENCE_MS)).toBeDefined();
  },
  240_000,
);
