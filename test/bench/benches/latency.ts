import { createTokenMaker } from "../fixture/tokens.ts";
import { h2load } from "../load/h2load.ts";
import type { Load, LoadKind } from "../load/load.ts";
import { nodeLoad } from "../load/load-child.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { hasProgram } from "../run/machine.ts";
import { interleave } from "../run/rounds.ts";
import { startServers } from "../servers/server.ts";

const SIDES = ["countersign", "connect-no-auth", "grpcjs-jsonwebtoken"] as const;
const SHAPE = { connections: 8, callsPerConnection: 16 };
const SECONDS = { full: 1, paced: 2 };
const QUICK_SECONDS = { full: 0.3, paced: 0.5 };

/**
 * How long calls take at half of what a server could answer.
 *
 * @param load what sends the calls. Default: h2load, where it is installed
 */
export function createLatencyBench(load: LoadKind = hasProgram("h2load") ? h2load : nodeLoad): Bench {
  return {
    name: "latency",
    describe: [
      "unary gRPC echo over h2c, every call with a token: first as fast as answers come, then at a steady pace of half",
      "that rate, each server's own; then all sides at the pace that is half of the slowest one's rate (same-p50, -p99)",
      `${SHAPE.connections} connections; load from ${load.name}`,
    ],
    comparisons: ["connect-no-auth", "grpcjs-jsonwebtoken"].flatMap((theirs) =>
      ["same-p50", "same-p99"].map((figure) => ({
        ours: `countersign-${figure}`,
        theirs: `${theirs}-${figure}`,
        better: "lower" as const,
      })),
    ),
    run: (options) => runLatency(load, options),
  };
}

async function runLatency(kind: LoadKind, { rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const tokens = createTokenMaker();
  const token = tokens.mint();
  const seconds = quick ? QUICK_SECONDS : SECONDS;
  await using resources = new AsyncDisposableStack();
  const load = resources.use(kind.start());
  const servers = await startServers(SIDES, { keys: tokens.publicKeys, resources });
  const full = async (port: number) => await load.run({ ...SHAPE, port, token, seconds: seconds.full });
  for (const { port } of quick ? [] : servers) {
    await full(port); // warms the servers up
  }
  const rates = new Map<string, number>();
  for (const { name, port } of servers) {
    rates.set(name, await full(port));
  }
  const same = Math.min(...rates.values()) / 2;
  const sides = servers.map(({ name, port }) => {
    const options = { ...SHAPE, port, token, seconds: seconds.paced };
    const own = (rates.get(name) ?? 0) / 2;
    return {
      name,
      measure: async () => [
        ...(await measure(load, { ...options, callsPerSecond: own }, `${name}-half`)),
        ...(await measure(load, { ...options, callsPerSecond: same }, `${name}-same`)),
      ],
    };
  });
  return await interleave("latency", sides, rounds); // the servers live until here
}

async function measure(
  load: Load,
  options: Parameters<Load["pace"]>[0],
  side: string,
): Promise<readonly Reading[]> {
  const { p50Ms, p99Ms } = await load.pace(options);
  return [
    { side: `${side}-rate`, unit: "req/s", value: options.callsPerSecond },
    { side: `${side}-p50`, unit: "ms", value: p50Ms },
    { side: `${side}-p99`, unit: "ms", value: p99Ms },
  ];
}
