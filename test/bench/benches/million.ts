import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";
import type { Watched } from "../million/gate-child.ts";
import type { OpenedHub } from "../million/hub-child.ts";
import type { Taken } from "../million/turns.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

const COUNT = 1_000_000;
const QUICK_COUNT = 3_000;

/** What a million live revocations take of the servers that know them. */
export const millionBench: Bench = {
  name: "million",
  describe: [
    `${COUNT} revoked sessions, each for a day to come, in a store on SQLite`,
    "hub: createIssuer on it, in a fresh process. gate: createSignals in another fresh process, until it knows all of them from a snapshot.",
    "cpu: the processor time of the process meanwhile, garbage collection on other threads included. memory: what the heap and what is held outside of it have grown by, behind a collection of garbage.",
    "turn: the longest turn of the event loop, in processor time: calls wait for that long",
  ],
  comparisons: [
    { ours: "hub-start", better: "lower", target: 5_000 },
    { ours: "hub-memory", better: "lower", target: 200 },
    { ours: "hub-turn", better: "lower", target: 100 },
    { ours: "gate-memory", better: "lower", target: 200 },
    { ours: "gate-turn", better: "lower", target: 100 },
  ],
  run: ({ rounds, quick }: BenchOptions): Promise<readonly Row[]> =>
    interleave("million", [{ name: "million", measure: () => measure(quick ? QUICK_COUNT : COUNT) }], rounds),
};

async function measure(count: number): Promise<readonly Reading[]> {
  await using folder = await createTemporaryFolder(databaseParent());
  {
    await using filler = startOne("hub-child.ts");
    await filler.ask("fill", { folder: folder.path, count });
  }
  await using hub = startOne("hub-child.ts");
  const { taken, port, secret } = await hub.ask<OpenedHub>("open", folder.path);
  await using gate = startOne("gate-child.ts");
  const watched: Watched = { issuer: "https://auth.example.com", port, clientId: "gates", secret };
  return [
    ...toReadings("hub", "start", taken),
    ...toReadings("gate", "snapshot", await gate.ask<Taken>("watch", watched)),
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
