import { createTokenMaker } from "../fixture/tokens.ts";
import { type LoadChild, startLoad } from "../load/load-child.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { wait } from "../run/machine.ts";
import { interleave } from "../run/rounds.ts";
import { type BenchServer, startServers } from "../servers/server.ts";

const SIDES = ["countersign", "connect-jose-per-call"] as const;
const FLOOD = { connections: 8, callsPerConnection: 8 };
const CALLS_PER_SECOND = 100;
const SECONDS = 3;
const QUICK_SECONDS = 0.3;
/** The flood is there before the first good call, and after the last. */
const MARGIN_SECONDS = 0.25;

/** How good calls fare while somebody floods the server with tokens that are not. */
export const refusalsBench: Bench = {
  name: "refusals",
  describe: [
    `${CALLS_PER_SECOND} good gRPC calls a second at a steady pace, timed from when each was due, during a flood`,
    `flood: ${FLOOD.connections} connections, ${FLOOD.callsPerConnection} calls under way on each, as fast as refusals come`,
    "every token of the flood is right but for a random signature: the most work that a stranger can ask for",
    "both clients are Node processes on the core of load",
  ],
  comparisons: [
    { ours: "countersign-rejections", theirs: "connect-jose-per-call-rejections", better: "higher" },
    { ours: "countersign-good-p50", theirs: "connect-jose-per-call-good-p50", better: "lower" },
    { ours: "countersign-good-p99", theirs: "connect-jose-per-call-good-p99", better: "lower" },
  ],
  run: runRefusals,
};

async function runRefusals({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const tokens = createTokenMaker();
  const token = tokens.mint();
  const seconds = quick ? QUICK_SECONDS : SECONDS;
  await using resources = new AsyncDisposableStack();
  const clients = { flood: resources.use(startLoad()), good: resources.use(startLoad()) };
  const started = await startServers(SIDES, { keys: tokens.publicKeys, resources });
  const sides = started.map((server) => ({
    name: server.name,
    measure: () => measure(server, { clients, token, seconds }),
  }));
  for (const side of quick ? [] : sides) {
    await side.measure(); // warms the servers up
  }
  return await interleave("refusals", sides, rounds);
}

interface Turn {
  readonly clients: { readonly flood: LoadChild; readonly good: LoadChild };
  readonly token: string;
  readonly seconds: number;
}

async function measure(server: BenchServer, { clients, token, seconds }: Turn): Promise<readonly Reading[]> {
  const { name, port } = server;
  const flood = clients.flood.flood({ ...FLOOD, port, token, seconds: seconds + 2 * MARGIN_SECONDS });
  const good = wait(MARGIN_SECONDS * 1000).then(() =>
    clients.good.steady({ port, token, callsPerSecond: CALLS_PER_SECOND, seconds }),
  );
  const [rejections, latencies] = await Promise.all([flood, good]);
  return [
    { side: `${name}-rejections`, unit: "rejections/s", value: rejections },
    { side: `${name}-good-p50`, unit: "ms", value: latencies.p50Ms },
    { side: `${name}-good-p99`, unit: "ms", value: latencies.p99Ms },
  ];
}
