import { expect, test } from "vitest";
import type { Case } from "./case.ts";
import { ALL_CASES } from "./cases/all.ts";
import { type Sides, startSides } from "./compare.ts";
import { connectHandler, MUTANTS, SILENT_MUTANTS } from "./variants.ts";

const cases = Object.values(ALL_CASES).flat();

/** A server that never answers what the other does is a difference, too. A slow one that answers is none. */
const PATIENCE_MS = 60_000;

/** When to look whether a right server has answered what this one has not. */
const LITTLE_PATIENCE_MS = 2_000;

type Verdict = "equal" | "different" | "silent";

async function judge(sides: Sides, sent: Case, patienceMs: number): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<Verdict>(
    (resolve) => (timer = setTimeout(() => resolve("silent"), patienceMs)),
  );
  const compared = sides.compare(sent).then(({ isEqual }): Verdict => (isEqual ? "equal" : "different"));
  return await Promise.race([compared, tooLong]).finally(() => clearTimeout(timer));
}

/** Find a case that comes out as is sought. */
async function findCase(
  among: readonly Case[],
  isSought: (sent: Case) => Promise<boolean>,
): Promise<string | undefined> {
  for (const sent of among) {
    if (await isSought(sent)) {
      return sent.name;
    }
  }
  return undefined;
}

test("there are at least 300 requests, and none stands twice", () => {
  const names = cases.map(({ name, transport }) => `${name} ${transport ?? ""}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(cases.length).toBeGreaterThanOrEqual(300);
});

const GOLDEN_RATIO = 0.618_033_988_75;

// The cases that can tell a mutant stand together. Sorted like this, each few cases come from all over the tables.
const spread = cases
  .map((sent, index) => ({ sent, rank: (index * GOLDEN_RATIO) % 1 }))
  .toSorted((one, other) => one.rank - other.rank)
  .map(({ sent }) => sent);

// The fast path is held against Connect's handler in all cases: one that came out in two ways would fail there, too.
const control = spread.slice(0, Math.ceil(spread.length / 3));

test("connect's own handler does the same twice: whatever differs comes of the fast path", async () => {
  await using sides = startSides(connectHandler, connectHandler);
  const differs = async (sent: Case) => (await judge(sides, sent, PATIENCE_MS)) !== "equal";
  expect(await findCase(control, differs)).toBeUndefined();
}, 600_000);

test.each(Object.entries(MUTANTS))(
  "a server with %s is told from a right one by what it answers",
  async (_, mutant) => {
    await using sides = startSides(connectHandler, mutant);
    const differs = async (sent: Case) => (await judge(sides, sent, PATIENCE_MS)) === "different";
    expect(await findCase(spread, differs)).toBeDefined();
  },
  240_000,
);

test.each(Object.entries(SILENT_MUTANTS))(
  "a server with %s is told from a right one, which has answered before it",
  async (_, mutant) => {
    await using sides = startSides(connectHandler, mutant);
    await using right = startSides(connectHandler, connectHandler);
    const isSilent = async (sent: Case) =>
      (await judge(sides, sent, LITTLE_PATIENCE_MS)) === "silent" &&
      (await judge(right, sent, PATIENCE_MS)) === "equal";
    expect(await findCase(ALL_CASES["callers who leave"] ?? [], isSilent)).toBeDefined();
  },
  240_000,
);
