import { join } from "node:path";
import { killRefreshing, startProcessServer } from "../../sdk/node/processes.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

const PROCESSES = 20;
const QUICK_PROCESSES = 2;
/** A round starts 21 programs, which takes much longer than what they are timed for. */
const MAX_ROUNDS = 3;

/** How long processes wait for a token when the one that held their lock was killed. */
export const killedHolderBench: Bench = {
  name: "killed-holder",
  describe: [
    `${PROCESSES} processes that share a session in files ask for a token at one moment; the lock is that of a process`,
    "which was killed while it refreshed: from then until the last of them has its token",
  ],
  comparisons: [{ ours: "token-max", better: "lower", target: 5_000 }],
  run: runKilledHolder,
};

function runKilledHolder({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const count = quick ? QUICK_PROCESSES : PROCESSES;
  const side = { name: "killed-holder", measure: () => measure(count) };
  return interleave("killed-holder", [side], Math.min(rounds, MAX_ROUNDS));
}

async function measure(count: number): Promise<readonly Reading[]> {
  await using folder = await createTemporaryFolder();
  await using fixture = await startProcessServer();
  const directory = join(folder.path, "session");
  await killRefreshing(fixture, directory);
  const programs = await fixture.start(count, directory);
  fixture.go();
  const results = await Promise.all(programs.map(({ ended }) => ended));
  const times = results.map(({ stdout }) => Number(JSON.parse(stdout).tookMs));
  return [{ side: "token-max", unit: "ms", value: Math.max(...times) }];
}
