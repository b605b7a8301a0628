import type { Turn } from "../gate/decider.ts";
import type { Bench, BenchOptions, Row } from "../run/bench.ts";
import { startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

const TURN_MS = 500;
const WARM_UP_MS = 500;
const QUICK_MS = 2;

/** Whether the gate gets slower with what has been revoked. */
export const gateRevokedBench: Bench = {
  name: "gate-revoked",
  describe: [
    "one decision of the gate on a token that it knows, 1,000 tokens taking turns, with nothing revoked and with",
    "100,000 revoked sessions of others in memory; a mean over 100 decisions each",
  ],
  comparisons: [{ ours: "revoked-100000", theirs: "revoked-0", better: "lower", target: 1.1 }],
  run: runGateRevoked,
};

async function runGateRevoked({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  await using child = startChild(new URL("../gate/revoked-child.ts", import.meta.url), { core: "server" });
  const names = await child.ask<readonly string[]>("prepare");
  const turn = (name: string, ms: number) => child.ask<Turn>("turn", { name, ms });
  for (const name of names) {
    await turn(name, quick ? QUICK_MS : WARM_UP_MS);
  }
  const sides = names.map((name) => ({
    name,
    measure: async () => {
      const { microseconds } = await turn(name, quick ? QUICK_MS : TURN_MS);
      return [{ side: name, unit: "µs", value: microseconds }];
    },
  }));
  return await interleave("gate-revoked", sides, rounds);
}
