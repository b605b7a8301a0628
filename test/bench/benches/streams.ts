import { createTokenMaker } from "../fixture/tokens.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { wait } from "../run/machine.ts";
import { interleave, quantile } from "../run/rounds.ts";
import type { StreamEnding } from "../streams/client-child.ts";
import type { StreamServerName } from "../streams/server-child.ts";

/** How many streams, for how long, and when their tokens run out. */
interface Size {
  readonly streams: number;
  /** How long the processor is watched, in milliseconds. */
  readonly idleMs: number;
  /** When the first token runs out, in milliseconds from the start, and over how long all of them do. */
  readonly firstEndMs: number;
  readonly spreadMs: number;
}

const FULL: Size = { streams: 10_000, idleMs: 3_000, firstEndMs: 35_000, spreadMs: 10_000 };
const QUICK: Size = { streams: 200, idleMs: 100, firstEndMs: 1_500, spreadMs: 500 };

/** A round takes a minute. */
const MAX_ROUNDS = 1;
const WARM_UP_STREAMS = 300;

/** What open streams cost, and how exactly they end. */
export const streamsBench: Bench = {
  name: "streams",
  describe: [
    `${FULL.streams} streams of gRPC that rest after one message, 100 on a connection, each with a token of its own;`,
    "stock Connect holds as many without looking at the tokens. Fresh processes, one round",
    `memory: heap and external after garbage collection, by stream; cpu: of one core, over ${FULL.idleMs / 1000} s of rest`,
    `late: their tokens run out over ${FULL.spreadMs / 1000} s, and nobody renews them: from the deadline until the server`,
    "ended the stream, and until its client knew",
  ],
  comparisons: [
    { ours: "countersign-memory", theirs: "connect-no-auth-memory", better: "lower", target: 1.5 },
    { ours: "countersign-cpu", better: "lower", target: 5 },
    { ours: "countersign-late-p99", better: "lower", target: 100 },
    { ours: "countersign-client-late-p99", better: "lower", target: 100 },
  ],
  run: runStreams,
};

async function runStreams({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const size = quick ? QUICK : FULL;
  const sides = (["countersign", "connect-no-auth"] as const).map((name) => ({
    name,
    measure: () => measure(name, size),
  }));
  return await interleave("streams", sides, Math.min(rounds, MAX_ROUNDS));
}

/** Measure, with tokens that last until this machine has opened all streams. */
async function measure(name: StreamServerName, size: Size): Promise<readonly Reading[]> {
  const readings = await measureInTime(name, size);
  return readings ?? (await measure(name, { ...size, firstEndMs: 4 * size.firstEndMs }));
}

/** @returns undefined when the first token ran out before all streams were open */
async function measureInTime(name: StreamServerName, size: Size): Promise<readonly Reading[] | undefined> {
  const maker = createTokenMaker();
  await using server = startChild(new URL("../streams/server-child.ts", import.meta.url), {
    core: "server",
    nodeOptions: ["--expose-gc"],
  });
  await using client = startChild(new URL("../streams/client-child.ts", import.meta.url), { core: "load" });
  const port = await server.ask<number>("start", { name, keys: maker.publicKeys });
  const nowSeconds = Date.now() / 1000;
  const deadlines = Array.from(
    { length: size.streams },
    (_, index) => nowSeconds + (size.firstEndMs + (size.spreadMs * index) / size.streams) / 1000,
  );
  const isTooLate = (): boolean => name === "countersign" && Date.now() / 1000 > (deadlines[0] ?? 0);
  const tokens = deadlines.map((exp) => maker.mint({ claims: { exp } }));
  await client
    .ask("hold", { port, tokens: tokens.slice(0, WARM_UP_STREAMS) })
    .catch(rethrowUnless(isTooLate));
  await client.ask("letGo");
  await wait(200);

  const before = await server.ask<number>("usedBytes");
  await client.ask("hold", { port, tokens }).catch(rethrowUnless(isTooLate));
  const held = (await server.ask<number>("usedBytes")) - before;
  const cpu = await cpuShare(server, size.idleMs);
  const costs = [
    { side: `${name}-memory`, unit: "B/stream", value: held / size.streams },
    { side: `${name}-cpu`, unit: "% of a core", value: Math.max(cpu * 100, 0.001) },
  ];
  if (isTooLate()) {
    return undefined;
  }
  return name === "countersign" ? [...costs, ...(await measureEnds({ server, client, deadlines }))] : costs;
}

function rethrowUnless(isExpected: () => boolean): (error: unknown) => void {
  return (error) => {
    if (!isExpected()) {
      throw error;
    }
  };
}

async function cpuShare(server: Child, overMs: number): Promise<number> {
  const startMs = performance.now();
  const before = await server.ask<number>("cpuMicroseconds");
  await wait(overMs);
  const used = (await server.ask<number>("cpuMicroseconds")) - before;
  return used / 1000 / (performance.now() - startMs);
}

interface Held {
  readonly server: Child;
  readonly client: Child;
  /** In seconds since 1970, in the order of the streams. */
  readonly deadlines: readonly number[];
}

const UNAUTHENTICATED = 16;

async function measureEnds({ server, client, deadlines }: Held): Promise<readonly Reading[]> {
  const endings = await client.ask<readonly StreamEnding[]>("endings");
  if (endings.some(({ status }) => status !== UNAUTHENTICATED)) {
    throw new Error("a stream did not end as expired");
  }
  const there = endings.map(({ atMs }, index) => atMs - (deadlines[index] ?? 0) * 1000).sort((a, b) => a - b);
  const here = await server.ask<{ p50: number; p99: number; max: number }>("takeLateness");
  const ms = (side: string, value: number) => ({
    side: `countersign-${side}`,
    unit: "ms",
    value: Math.max(value, 0.001),
  });
  return [
    ms("late-p50", here.p50),
    ms("late-p99", here.p99),
    ms("late-max", here.max),
    ms("client-late-p50", quantile(there, 0.5)),
    ms("client-late-p99", quantile(there, 0.99)),
    ms("client-late-max", quantile(there, 1)),
  ];
}
