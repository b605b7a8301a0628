import { join } from "node:path";
import { startPostgres } from "../../support/postgres.ts";
import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";
import type { Filling, Location } from "../million/hub-child.ts";
import type { Taken } from "../million/turns.ts";
import type { Bench, BenchOptions, Comparison, Reading, Row } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";
import type { Watched } from "../signals/hub.ts";

const COUNT = 1_000_000;
const QUICK_COUNT = 3_000;

/** What a million live revocations take of the servers that know them. */
export const millionBench: Bench = {
  name: "million",
  describe: [
    `${COUNT} revoked sessions, each for a day to come, in a store on SQLite and in one on Postgres`,
    "hub: createIssuer on it, in a fresh process. gate: createSignals in another fresh process, until it knows all of them from a",
    "snapshot. serve: the hub meanwhile",
    "cpu: the processor time of the process meanwhile, garbage collection on other threads included. memory: what the heap and what is held outside of it have grown by, behind a collection of garbage.",
    "turn: the longest turn of the event loop, in processor time: calls wait for that long",
  ],
  comparisons: ["sqlite", "postgres"].flatMap(comparisonsOf),
  run: runMillion,
};

function comparisonsOf(store: string): readonly Comparison[] {
  return [
    { ours: `${store}-hub-start`, better: "lower", target: 5_000 },
    { ours: `${store}-hub-memory`, better: "lower", target: 200 },
    { ours: `${store}-hub-turn`, better: "lower", target: 100 },
    { ours: `${store}-serve-turn`, better: "lower", target: 100 },
    { ours: `${store}-gate-memory`, better: "lower", target: 200 },
    { ours: `${store}-gate-turn`, better: "lower", target: 100 },
  ];
}

async function runMillion({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  await using folder = await createTemporaryFolder(databaseParent());
  await using postgres = await startPostgres();
  const stores: Readonly<Record<string, Location>> = {
    sqlite: { sqlite: join(folder.path, "auth.db") },
    postgres: { postgres: await postgres.createDatabase() },
  };
  for (const store of Object.values(stores)) {
    await using filler = startOne("hub-child.ts");
    await filler.ask("fill", { store, count: quick ? QUICK_COUNT : COUNT } satisfies Filling);
  }
  const sides = Object.entries(stores).map(([name, store]) => ({
    name,
    measure: async () => {
      const readings = await measure(store);
      return readings.map((reading) => ({ ...reading, side: `${name}-${reading.side}` }));
    },
  }));
  return await interleave("million", sides, rounds);
}

async function measure(store: Location): Promise<readonly Reading[]> {
  await using hub = startOne("hub-child.ts");
  const started = await hub.ask<Taken>("open", store);
  const watched = await hub.ask<Watched>("serve");
  await using gate = startOne("gate-child.ts");
  const received = await gate.ask<Taken>("watch", watched);
  const served = await hub.ask<Taken>("served");
  return [
    ...toReadings("hub", "start", started),
    { side: "serve-cpu", unit: "ms", value: served.cpuMs },
    { side: "serve-turn", unit: "ms", value: served.longestTurnMs },
    ...toReadings("gate", "snapshot", received),
  ];
}

function startOne(file: string): Child {
  const url = new URL(`../million/${file}`, import.meta.url);
  return startChild(url, { core: "server", nodeOptions: ["--expose-gc"] });
}

function toReadings(
  who: string,
  what: string,
  { ms, cpuMs, bytes, longestTurnMs }: Taken,
): readonly Reading[] {
  return [
    { side: `${who}-${what}`, unit: "ms", value: ms },
    { side: `${who}-cpu`, unit: "ms", value: cpuMs },
    { side: `${who}-memory`, unit: "MB", value: bytes / 1e6 },
    { side: `${who}-turn`, unit: "ms", value: longestTurnMs },
  ];
}
