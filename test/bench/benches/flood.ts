import type { Flood } from "../flood/flood.ts";
import { ALL_FLOODS } from "../flood/floods/all.ts";
import { callAtPace, type Durations, measureFlood } from "../flood/measure.ts";
import { startPlace } from "../flood/place.ts";
import type { Bench, BenchOptions, Row } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

const DEFAULT_SECONDS = 60;
/** Whether calls are answered is all that a second can say: on a busy machine they take long. */
const QUICK: Durations = { quiet: 0.3, flood: 1, pause: 0, timeout: 120 };
/** A flood is long enough for one round of it. */
const ROUNDS = 1;
/** What a server may have kept of a flood: the tables of those who have to wait are among it. */
const MAX_LEFT_MEGABYTES = 16;

/** How good calls fare while a server is flooded, and what that takes of it. */
export const floodBench: Bench = {
  name: "flood",
  describe: [
    `floods of ${ALL_FLOODS.length} kinds, each for --seconds (${DEFAULT_SECONDS}) against one \`countersign demo\` on SQLite, beside 100 good`,
    "calls a second of 10 signed-in clients on connections of their own, timed from when each was due",
    "failed: good calls, of all; p99 / quiet: theirs beside the flood, to that before and after it; cpu, quiet-cpu: of the",
    "server beside the flood and before it; load-cpu: of the flood's process; rate: what the flood did; sent: its bytes;",
    "held: the server's memory (RSS) at its peak, above that before; rss-left, heap-left: its memory after 4 s of good",
    "calls and 2 s of rest, without and after a collection of garbage",
    ...ALL_FLOODS.map(
      ({ name, does, isBehindProxy }) =>
        `${name}: ${does}${isBehindProxy === true ? " (--behind-tls-proxy)" : ""}`,
    ),
  ],
  comparisons: ALL_FLOODS.flatMap(({ name }) => [
    { ours: `${name} failed`, better: "lower" as const, target: 0 },
    { ours: `${name} heap-left`, better: "lower" as const, target: MAX_LEFT_MEGABYTES },
  ]),
  run: runFlood,
};

async function runFlood({ quick, seconds, floods }: BenchOptions): Promise<readonly Row[]> {
  const full = { quiet: 4, flood: seconds ?? DEFAULT_SECONDS, pause: 2, timeout: 10 };
  const chosen = ALL_FLOODS.filter(({ name }) => floods === undefined || floods.includes(name));
  const rows: Row[] = [];
  for (const isBehindProxy of [false, true]) {
    const kinds = chosen.filter((flood) => (flood.isBehindProxy ?? false) === isBehindProxy);
    rows.push(...(await floodAll(kinds, isBehindProxy, quick ? QUICK : full)));
  }
  return rows;
}

async function floodAll(
  kinds: readonly Flood[],
  isBehindProxy: boolean,
  durations: Durations,
): Promise<readonly Row[]> {
  if (kinds.length === 0) {
    return [];
  }
  await using place = await startPlace(isBehindProxy);
  await callAtPace(place, { ...durations, seconds: durations.quiet }); // warms the server up
  const sides = kinds.map((flood) => ({
    name: flood.name,
    measure: async () => {
      const readings = await measureFlood(flood, place, durations);
      if (durations !== QUICK) {
        // All kinds take half an hour: what is known is not lost if it is broken off.
        console.log(
          readings.map(({ side, value, unit }) => `${side}: ${value.toFixed(2)} ${unit}`).join(", "),
        );
      }
      return readings;
    },
  }));
  return await interleave("flood", sides, ROUNDS);
}
