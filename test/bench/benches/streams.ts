import { createTokenMaker } from "../fixture/tokens.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { wait } from "../run/machine.ts";
import { interleave } from "../run/rounds.ts";
import { type Crowd, measureCrowd } from "../streams/crowd.ts";
import type { StreamServerName } from "../streams/server-child.ts";

/** How many streams, and for how long. */
interface Size extends Crowd {
  /** How long the processor is watched, in milliseconds. */
  readonly idleMs: number;
}

const FULL: Size = { streams: 10_000, warmUp: 1_000, spreadMs: 10_000, idleMs: 3_000 };
const QUICK: Size = { streams: 200, warmUp: 50, spreadMs: 500, idleMs: 100 };

/** What streams hold is the same in every round, and takes half a minute. */
const MAX_HOLD_ROUNDS = 1;
const WARM_UP_STREAMS = 300;

/** What open streams cost, and how exactly they end. */
export const streamsBench: Bench = {
  name: "streams",
  describe: [
    `${FULL.streams} streams of gRPC that rest after one message, 100 on a connection, each with a token of its own;`,
    "stock Connect holds as many without looking at the tokens. Fresh processes for each round",
    `memory: heap and external after garbage collection, by stream; cpu: of one core, over ${FULL.idleMs / 1000} s of rest`,
    `late: their tokens run out over ${FULL.spreadMs / 1000} s, and nobody renews them: from the deadline until the server`,
    `ended the stream, and until its client knew. ${FULL.warmUp} others have ended before, so that the code is warm; garbage`,
    "is collected as the engine likes. gap: the longest that the server's event loop did not turn meanwhile; gc: its",
    "collections; late-cpu: processor time meanwhile. revoke: all streams are revoked in one call, how long that took, and until each client knew",
  ],
  comparisons: [
    { ours: "countersign-memory", theirs: "connect-no-auth-memory", better: "lower", target: 1 },
    { ours: "countersign-cpu", better: "lower", target: 5 },
    { ours: "countersign-late-p99", better: "lower", target: 100 },
    { ours: "countersign-client-late-p99", better: "lower", target: 100 },
    { ours: "countersign-revoke", better: "lower", target: 100 },
  ],
  run: runStreams,
};

async function runStreams({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const size = quick ? QUICK : FULL;
  const holders = (["countersign", "connect-no-auth"] as const).map((name) => ({
    name,
    measure: () => measureHolding(name, size),
  }));
  const held = await interleave("streams", holders, Math.min(rounds, MAX_HOLD_ROUNDS));
  const ends = { name: "ends", measure: () => measureCrowd(size) };
  return [...held, ...(await interleave("streams", [ends], rounds))];
}

async function measureHolding(name: StreamServerName, size: Size): Promise<readonly Reading[]> {
  const maker = createTokenMaker();
  await using server = startChild(new URL("../streams/server-child.ts", import.meta.url), {
    core: "server",
    nodeOptions: ["--expose-gc"],
  });
  await using client = startChild(new URL("../streams/client-child.ts", import.meta.url), { core: "load" });
  const port = await server.ask<number>("start", { name, keys: maker.publicKeys });
  const mint = (count: number) => Array.from({ length: count }, () => maker.mint());
  await client.ask("hold", { port, tokens: mint(WARM_UP_STREAMS) });
  await client.ask("letGo");
  await wait(200);

  const before = await server.ask<number>("usedBytes");
  await client.ask("hold", { port, tokens: mint(size.streams) });
  const held = (await server.ask<number>("usedBytes")) - before;
  const cpu = await cpuShare(server, size.idleMs);
  return [
    { side: `${name}-memory`, unit: "B/stream", value: held / size.streams },
    { side: `${name}-cpu`, unit: "% of a core", value: Math.max(cpu * 100, 0.001) },
  ];
}

async function cpuShare(server: Child, overMs: number): Promise<number> {
  const startMs = performance.now();
  const before = await server.ask<number>("cpuMicroseconds");
  await wait(overMs);
  const used = (await server.ask<number>("cpuMicroseconds")) - before;
  return used / 1000 / (performance.now() - startMs);
}
