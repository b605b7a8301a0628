import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

const FULL = { watchers: 1_000, singles: 40, burst: 400 };
const QUICK: typeof FULL = { watchers: 20, singles: 2, burst: 10 };

/** The first ones make the server compile what serves them. */
const WARM_UP_WATCHERS = 50;

/** What it costs to tell a fleet of servers what is revoked. */
export const signalsBench: Bench = {
  name: "signals",
  describe: [
    `${FULL.watchers} watchers over gRPC, each on a connection of its own, at one server on SQLite, in two processes`,
    "memory-per-gate: what the memory of the server (RSS, after garbage collection) has grown by, for each",
    "cpu-per-delivery: processor time of the server, for each revocation and watcher, all that it does meanwhile included;",
    `${FULL.singles} revocations, one after another. burst-cpu-per-delivery: the same for ${FULL.burst} that come at once`,
  ],
  comparisons: [
    { ours: "memory-per-gate", better: "lower", target: 40 },
    { ours: "cpu-per-delivery", better: "lower", target: 17 },
    { ours: "burst-cpu-per-delivery", better: "lower", target: 8 },
  ],
  run: runSignals,
};

async function runSignals({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const size = quick ? QUICK : FULL;
  return interleave("signals", [{ name: "signals", measure: () => measure(size) }], rounds);
}

interface Size {
  readonly watchers: number;
  readonly singles: number;
  readonly burst: number;
}

async function measure({ watchers, singles, burst }: Size): Promise<readonly Reading[]> {
  await using folder = await createTemporaryFolder(databaseParent());
  await using server = startChild(new URL("../signals/server-child.ts", import.meta.url), {
    core: "server",
    nodeOptions: ["--expose-gc"],
  });
  const { port, token } = await server.ask<{ readonly port: number; readonly token: string }>(
    "start",
    folder.path,
  );
  await using first = startWatchers();
  await first.ask("watch", { port, token, count: WARM_UP_WATCHERS });
  await deliver({ server, clients: first, count: 5, isBurst: false });
  await first[Symbol.asyncDispose]();
  await using clients = startWatchers();
  const before = await server.ask<number>("residentBytes");
  await clients.ask("watch", { port, token, count: watchers });
  const memory = (await server.ask<number>("residentBytes")) - before;
  const told = { server, clients };
  // What was revoked for the warm-up is told, too, at the beginning.
  await deliver({ ...told, count: 5, isBurst: false, sofar: 5 });
  const single = await deliver({ ...told, count: singles, isBurst: false, sofar: 10 });
  const joint = await deliver({ ...told, count: burst, isBurst: true, sofar: 10 + singles });
  return [
    { side: "memory-per-gate", unit: "KiB", value: Math.max(memory / 1024 / watchers, 0.001) },
    { side: "cpu-per-delivery", unit: "µs", value: single / (singles * watchers) },
    { side: "burst-cpu-per-delivery", unit: "µs", value: joint / (burst * watchers) },
  ];
}

function startWatchers(): Child {
  return startChild(new URL("../signals/watcher-child.ts", import.meta.url), { core: "load" });
}

interface Delivery {
  readonly server: Child;
  readonly clients: Child;
  readonly count: number;
  readonly isBurst: boolean;
  /** How many the watchers have been told of before. */
  readonly sofar?: number;
}

/** Revoke, until all watchers know. @returns the processor time of the server, in microseconds */
async function deliver({ server, clients, count, isBurst, sofar = 0 }: Delivery): Promise<number> {
  const before = await server.ask<number>("cpuMicroseconds");
  await Promise.all([server.ask("revoke", { count, isBurst }), clients.ask("untilTold", sofar + count)]);
  return (await server.ask<number>("cpuMicroseconds")) - before;
}
