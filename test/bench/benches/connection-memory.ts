import { createTokenMaker, type TokenMaker } from "../fixture/tokens.ts";
import { startLoad } from "../load/load-child.ts";
import type { Bench, BenchOptions, Row } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";
import { type ServerName, startServer } from "../servers/server.ts";

const SIDES = ["countersign", "connect-no-auth", "grpcjs-no-auth"] as const satisfies readonly ServerName[];
const CONNECTIONS = 1_000;
const QUICK_CONNECTIONS = 50;
const WARM_UP_CONNECTIONS = 20;

/** What connections take of memory that nobody calls on. */
export const connectionMemoryBench: Bench = {
  name: "connection-memory",
  describe: [
    `${CONNECTIONS} connections of HTTP/2 in the clear are opened to a fresh process, with one call of gRPC on each, and`,
    "stay open: what the memory of the process (RSS, after garbage collection) has grown by, for each 1,000 of them",
  ],
  comparisons: ["connect-no-auth", "grpcjs-no-auth"].map((theirs) => ({
    ours: "countersign",
    theirs,
    better: "lower",
  })),
  run: runConnectionMemory,
};

async function runConnectionMemory({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const tokens = createTokenMaker();
  const connections = quick ? QUICK_CONNECTIONS : CONNECTIONS;
  const sides = SIDES.map((name) => ({
    name,
    measure: async () => [
      { side: name, unit: "MiB/1000", value: await measure(name, { tokens, connections }) },
    ],
  }));
  return await interleave("connection-memory", sides, rounds);
}

interface Turn {
  readonly tokens: TokenMaker;
  readonly connections: number;
}

/** A process of its own for each turn: what one turn has left behind must not count for the next. */
async function measure(name: ServerName, { tokens, connections }: Turn): Promise<number> {
  await using server = await startServer(name, { keys: tokens.publicKeys });
  await using load = startLoad();
  const token = tokens.mint();
  const { port } = server;
  await load.hold({ port, token, connections: WARM_UP_CONNECTIONS });
  const before = await server.residentBytes();
  await load.hold({ port, token, connections });
  const after = await server.residentBytes();
  return ((after - before) / 2 ** 20) * (1_000 / connections);
}
