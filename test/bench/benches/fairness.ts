import { createTokenMaker } from "../fixture/tokens.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { startChild } from "../run/child.ts";
import { wait } from "../run/machine.ts";
import { interleave, quantile } from "../run/rounds.ts";
import type { Stalls } from "../run/stalls.ts";
import type { WireServerName } from "../wire/server-child.ts";

const SIDES = ["countersign", "connect-no-auth"] as const satisfies readonly WireServerName[];
const CHILDREN = new URL("../wire/client-child.ts", import.meta.url);

/** How many streams there are, and how long calls are made beside them. */
const FULL = { streams: 100, connections: 4, forMs: 5_000, afterMs: 1_000 };
const QUICK = { streams: 10, connections: 2, forMs: 20, afterMs: 20 };
type Size = typeof FULL;

/** What is left for others beside streams whose messages are always ready. */
export const fairnessBench: Bench = {
  name: "fairness",
  describe: [
    `${FULL.streams} server-streams of gRPC over ${FULL.connections} connections, whose handlers always have a message, read as fast as they come`,
    "gap: the longest that the server's event loop did not turn; call: unary calls beside them, one after the other on a",
    `connection of their own for ${FULL.forMs / 1000} s; after: processor time of the server in the ${FULL.afterMs} ms behind the end of the streams' clients`,
  ],
  comparisons: [
    ...["gap-max", "call-p99", "after"].map((figure) => ({
      ours: `countersign-${figure}`,
      better: "lower" as const,
      target: 100,
    })),
    ...["gap-max", "call-p99"].map((figure) => ({
      ours: `countersign-${figure}`,
      theirs: `connect-no-auth-${figure}`,
      better: "lower" as const,
    })),
  ],
  run: runFairness,
};

async function runFairness({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const size = quick ? QUICK : FULL;
  // Quickly, one side shows as well that it works.
  const sides = SIDES.slice(0, quick ? 1 : undefined).map((name) => ({
    name,
    measure: () => measure(name, size),
  }));
  return await interleave("fairness", sides, rounds);
}

async function measure(name: WireServerName, size: Size): Promise<readonly Reading[]> {
  const maker = createTokenMaker();
  await using server = startChild(new URL("../wire/server-child.ts", import.meta.url), { core: "server" });
  await using reader = startChild(CHILDREN, { core: "load" });
  await using caller = startChild(CHILDREN, { core: "load" });
  const port = await server.ask<number>("start", { name, keys: maker.publicKeys });
  const where = { ...size, port, token: maker.mint() };
  await caller.ask("call", { ...where, forMs: 0 }); // what the first call loads is not waited for beside the streams
  await reader.ask("read", where);
  await server.ask("watchStalls");
  const took = (await caller.ask<readonly number[]>("call", where)).toSorted((a, b) => a - b);
  const { gapMaxMs } = await server.ask<Stalls>("takeStalls");
  await reader.ask("letGo");
  const before = await server.ask<number>("cpuMicroseconds");
  await wait(size.afterMs);
  const after = (await server.ask<number>("cpuMicroseconds")) - before;
  return [
    ms(`${name}-gap-max`, gapMaxMs),
    ms(`${name}-call-p50`, quantile(took, 0.5)),
    ms(`${name}-call-p99`, quantile(took, 0.99)),
    ms(`${name}-after`, after / 1000),
  ];
}

function ms(side: string, value: number): Reading {
  return { side, unit: "ms", value: Math.max(value, 0.001) };
}
