import { ALL_FAULTS } from "../fleet/faults/all.ts";
import { ALWAYS, type Fault } from "../fleet/faults/fault.ts";
import { findMissingProxies } from "../fleet/proxies.ts";
import { formatOutcomes } from "../fleet/report.ts";
import { runFault } from "../fleet/run-fault.ts";
import type { Bench, BenchOptions, Comparison, Row } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

const DEFAULT_KILLS = 200;

/** What becomes of a fleet of real processes when parts of it fail. */
export const fleetBench: Bench = {
  name: "fleet",
  describe: [
    "3 `serve` on Postgres, 3 servers of one's own, nginx (connections, and requests with grpc_pass) and HAProxy, a process",
    "each; 100 calls a second and 12 streams of the SDK on tokens of 20 seconds, 4 through each way; each fault has a fleet of",
    "its own, and a session that is revoked then, whose token and streams are used on without the SDK",
  ],
  comparisons: ALL_FAULTS.flatMap(comparisonsOf),
  run: runFleet,
  format: formatOutcomes,
};

function comparisonsOf({ name, atMost, comparisons = [] }: Fault): readonly Comparison[] {
  const bars = Object.entries({ ...ALWAYS, ...atMost });
  return [
    ...bars.map(([outcome, target]) => ({ ours: `${name}-${outcome}`, better: "lower" as const, target })),
    ...comparisons,
  ];
}

async function runFleet(options: BenchOptions): Promise<readonly Row[]> {
  const { rounds, quick, faults: names, kills = DEFAULT_KILLS } = options;
  const missingProxies = findMissingProxies();
  if (missingProxies !== undefined) {
    console.error(`fleet: not run, since it needs ${missingProxies}`);
    return [];
  }
  // The processes of a fleet end with this one, also when a signal ends it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => process.exit(1));
  }
  const sides = ALL_FAULTS.filter(({ name }) => names?.includes(name) ?? true).flatMap((fault) => {
    const missing = fault.findMissing?.();
    const progress = (text: string): void => console.error(`fleet: ${fault.name}: ${text}`);
    if (missing !== undefined) {
      progress(`left out, since it needs ${missing}`);
      return [];
    }
    return [{ name: fault.name, measure: () => runFault(fault, { isQuick: quick, kills, progress }) }];
  });
  return await interleave("fleet", sides, rounds);
}
