import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

const FULL = { watchers: 1_000, singles: 40, burst: 400 };
const QUICK: typeof FULL = { watchers: 20, singles: 2, burst: 10 };

/** The first ones make the server compile what serves them. */
const WARM_UP_WATCHERS = 50;

/** What it costs to deliver revocations to a fleet of servers. */
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
  const sides = { server, clients };
  // The watchers receive what was revoked for the warm-up, too, at the beginning.
  await deliver({ ...sides, count: 5, isBurst: false, soFar: 5 });
  const single = await deliver({ ...sides, count: singles, isBurst: false, soFar: 10 });
  const joint = await deliver({ ...sides, count: burst, isBurst: true, soFar: 10 + singles });
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
  /** How many the watchers have received before. */
  readonly soFar?: number;
}

/** Revoke, until all watchers have received it. @returns the processor time of the server, in microseconds */
async function deliver({ server, clients, count, isBurst, soFar = 0 }: Delivery): Promise<number> {
  const before = await server.ask<number>("cpuMicroseconds");
  await Promise.all([server.ask("revoke", { count, isBurst }), clients.ask("untilReceived", soFar + count)]);
  return (await server.ask<number>("cpuMicroseconds")) - before;
}
