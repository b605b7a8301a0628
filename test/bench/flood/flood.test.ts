import { beforeAll, describe, expect, it } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { floodBench } from "../benches/flood.ts";
import type { Row } from "../run/bench.ts";
import { ALL_FLOODS } from "./floods/all.ts";

/** What each kind is measured by. */
const FIGURES = notEmpty([
  "failed",
  "p99 / quiet",
  "quiet-p99",
  "cpu",
  "quiet-cpu",
  "load-cpu",
  "rate",
  "sent",
  "held",
  "rss-left",
  "heap-left",
]);

/** What a server may keep of a second of any flood, in MB of live heap. */
const MAX_LEFT_MEGABYTES = 16;

const MINUTES = 60_000;

describe("the bench of floods, for a second each", () => {
  let rows: readonly Row[] = [];
  beforeAll(async () => {
    rows = await floodBench.run({ rounds: 1, quick: true });
  }, 10 * MINUTES);

  it("takes every figure of every kind, first against a server without a proxy", () => {
    const inOrder = [false, true].flatMap((isBehindProxy) =>
      ALL_FLOODS.filter((flood) => (flood.isBehindProxy ?? false) === isBehindProxy),
    );
    expect(rows.map(({ side }) => side)).toEqual(
      inOrder.flatMap(({ name }) => FIGURES.map((figure) => `${name} ${figure}`)),
    );
  });

  for (const { name, does } of notEmpty(ALL_FLOODS)) {
    it(`${name}: no good call fails beside ${does}, and what was held returns`, () => {
      const median = (figure: string) => rows.find(({ side }) => side === `${name} ${figure}`)?.median;
      expect(median("failed")).toBe(0);
      expect(median("rate")).toBeGreaterThan(0);
      expect(median("heap-left")).toBeLessThan(MAX_LEFT_MEGABYTES);
    });
  }
});
