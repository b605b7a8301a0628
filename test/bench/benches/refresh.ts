import { startPostgres } from "../../support/postgres.ts";
import type { Bench, BenchOptions, Row } from "../run/bench.ts";
import { startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

const SIDES = ["countersign-sqlite", "node-sqlite", "countersign-postgres", "pg"] as const;
const TURN_MS = 1_500;
const WARM_UP_MS = 500;
const QUICK_MS = 20;

/** How many refreshes the issuer does in a second, against the one write that none of them can do without. */
export const refreshBench: Bench = {
  name: "refresh",
  describe: [
    "32 clients refresh their sessions at the same time, in process: token checked, account read, session rotated on",
    "the disk, ES256 signed. node-sqlite and pg: only the compare-and-set of the same columns, as durable (synchronous",
    "= FULL, fsync on), each its own commit. On SQLite our refreshes of the same moment share a commit",
  ],
  comparisons: [
    { ours: "countersign-sqlite", theirs: "node-sqlite", better: "higher", target: 0.6 },
    { ours: "countersign-postgres", theirs: "pg", better: "higher", target: 0.4 },
  ],
  run: runRefresh,
};

async function runRefresh({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  await using postgres = await startPostgres({ isDurable: true });
  await using child = startChild(new URL("../sessions/main.ts", import.meta.url), { core: "server" });
  await child.ask("prepareRefreshes", await postgres.createDatabase());
  const turn = (name: string, ms: number) => child.ask<number>("turn", { name, ms });
  for (const name of SIDES) {
    await turn(name, quick ? QUICK_MS : WARM_UP_MS);
  }
  const sides = SIDES.map((name) => ({
    name,
    measure: async () => [
      { side: name, unit: "refreshes/s", value: await turn(name, quick ? QUICK_MS : TURN_MS) },
    ],
  }));
  return await interleave("refresh", sides, rounds);
}
