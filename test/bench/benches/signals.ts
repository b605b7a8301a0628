import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave, quantile } from "../run/rounds.ts";
import { type EndsSize, measureEnds } from "../signals/ends.ts";

const FULL = { watchers: 1_000, singles: 40, burst: 400, hubs: 3, gates: 5, sessions: 20 };
const QUICK: typeof FULL = { watchers: 20, singles: 2, burst: 10, hubs: 2, gates: 1, sessions: 2 };

/**
 * The first ones make the server compile what serves them: so many at a time, again and again, that what is set free of them
 * is little beside what is measured.
 */
const WARM_UP = { watchers: 50, rounds: 8 };

/** How many revocations the watchers have been sent when the measurement begins: one a round, and some to all of them. */
const SENT_BEFORE = WARM_UP.rounds + 5;

/** What it costs to deliver revocations to a fleet of servers. */
export const signalsBench: Bench = {
  name: "signals",
  describe: [
    `${FULL.watchers} watchers over gRPC, each on a connection of its own, at one server on SQLite, in two processes`,
    "memory-per-gate: what the memory of the server (RSS, after garbage collection) has grown by, for each",
    "cpu-per-delivery: processor time of the server, for each revocation and watcher, all that it does meanwhile included;",
    `${FULL.singles} revocations, one after another. burst-cpu-per-delivery: the same for ${FULL.burst} that come at once`,
    "receive-p99: from the order to revoke until a watcher has it, of all watchers and revocations that came one after another",
    "node-memory, node-cpu: what node:http2 alone takes for as many streams and messages, without a line of ours",
    `end-p99: ${FULL.hubs} servers on one Postgres and ${FULL.gates} of one's own, a process each, beside as many watchers in two processes: from the`,
    `request to sign out until the last byte of a stream of the session has come, at each server, of ${FULL.sessions} sessions one after another`,
  ],
  comparisons: [
    { ours: "memory-per-gate", better: "lower", target: 40 },
    { ours: "cpu-per-delivery", better: "lower", target: 17 },
    { ours: "burst-cpu-per-delivery", better: "lower", target: 8 },
    { ours: "end-p99", better: "lower", target: 1_000 },
  ],
  run: runSignals,
};

async function runSignals({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const size = quick ? QUICK : FULL;
  const sides = [
    { name: "signals", measure: () => measure(size) },
    { name: "node", measure: () => measureNode(size) },
    { name: "end", measure: () => measureEnds(size) },
  ];
  return interleave("signals", sides, rounds);
}

interface Size extends EndsSize {
  readonly singles: number;
  readonly burst: number;
}

async function measure({ watchers, singles, burst }: Size): Promise<readonly Reading[]> {
  await using folder = await createTemporaryFolder(databaseParent());
  await using sides = await startSides("../signals/server-child.ts", folder.path, watchers);
  const single = await deliver({ ...sides, count: singles, isBurst: false, soFar: SENT_BEFORE });
  const { orderedMs } = single;
  const delaysMs = await sides.clients.ask<readonly number[]>("delaysOf", { orderedMs, after: SENT_BEFORE });
  const joint = await deliver({ ...sides, count: burst, isBurst: true, soFar: SENT_BEFORE + singles });
  return [
    { side: "memory-per-gate", unit: "KiB", value: sides.memoryKibibytes },
    { side: "cpu-per-delivery", unit: "µs", value: single.cpuMicroseconds / (singles * watchers) },
    { side: "receive-p99", unit: "ms", value: quantile(delaysMs, 0.99) },
    { side: "burst-cpu-per-delivery", unit: "µs", value: joint.cpuMicroseconds / (burst * watchers) },
  ];
}

async function measureNode({ watchers, singles }: Size): Promise<readonly Reading[]> {
  await using sides = await startSides("../signals/node-child.ts", undefined, watchers);
  const single = await deliver({ ...sides, count: singles, isBurst: false, soFar: SENT_BEFORE });
  return [
    { side: "node-memory", unit: "KiB", value: sides.memoryKibibytes },
    { side: "node-cpu", unit: "µs", value: single.cpuMicroseconds / (singles * watchers) },
  ];
}

interface Sides extends AsyncDisposable {
  readonly server: Child;
  readonly clients: Child;
  /** What the server has grown by, for each watcher. */
  readonly memoryKibibytes: number;
}

/** Start a server and its watchers. */
async function startSides(file: string, input: string | undefined, watchers: number): Promise<Sides> {
  await using stack = new AsyncDisposableStack();
  const child = startChild(new URL(file, import.meta.url), { core: "server", nodeOptions: ["--expose-gc"] });
  const server = stack.use(child);
  const { port, token } = await server.ask<{ readonly port: number; readonly token: string }>("start", input);
  {
    await using first = startWatchers();
    for (let round = 0; round < WARM_UP.rounds; round += 1) {
      await first.ask("watch", { port, token, count: WARM_UP.watchers });
      // What was revoked before is sent at the beginning.
      await deliver({ server, clients: first, count: 1, isBurst: false, soFar: round });
      await first.ask("leave");
    }
  }
  const clients = stack.use(startWatchers());
  const before = await server.ask<number>("residentBytes");
  await clients.ask("watch", { port, token, count: watchers });
  const grown = (await server.ask<number>("residentBytes")) - before;
  // The watchers receive what was revoked for the warm-up, too, at the beginning.
  await deliver({ server, clients, count: 5, isBurst: false, soFar: WARM_UP.rounds });
  const kept = stack.move();
  return {
    server,
    clients,
    memoryKibibytes: Math.max(grown / 1024 / watchers, 0.001),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
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

interface Delivered {
  /** The processor time of the server, in microseconds. */
  readonly cpuMicroseconds: number;
  /** When each revocation was ordered. */
  readonly orderedMs: readonly number[];
}

/** Revoke, until all watchers have received it. */
async function deliver({ server, clients, count, isBurst, soFar = 0 }: Delivery): Promise<Delivered> {
  const before = await server.ask<number>("cpuMicroseconds");
  const [orderedMs] = await Promise.all([
    server.ask<readonly number[]>("revoke", { count, isBurst }),
    clients.ask("untilReceived", soFar + count),
  ]);
  return { cpuMicroseconds: (await server.ask<number>("cpuMicroseconds")) - before, orderedMs };
}
