import { runMixedLoad } from "../../faults/mixed-load/run-load.ts";
import { findLeaks, type Sample } from "../../faults/mixed-load/sample.ts";
import type { Bench, BenchOptions, Row } from "../run/bench.ts";

const DEFAULT_SECONDS = 30;
const QUICK_SECONDS = 2;
/** How often stock is taken. */
const SAMPLES = 12;

const PATHS = [
  { name: "fast-path", fastPath: true },
  { name: "connect-handler", fastPath: false },
] as const;

/** What servers hold at the start, in the middle and at the end of a long run of calls and streams that are cut. */
export const enduranceBench: Bench = {
  name: "endurance",
  describe: [
    "calls and streams of all kinds that are reset, cut and left in every way, beside good ones, to a server on each path",
    "at the same time; what each holds when nobody calls, behind a collection of garbage. It fails when something grows,",
    "and when a good call fails. --seconds N: how long it lasts",
  ],
  comparisons: [],
  run: runEndurance,
};

async function runEndurance({ quick, seconds }: BenchOptions): Promise<readonly Row[]> {
  const lastsSeconds = seconds ?? (quick ? QUICK_SECONDS : DEFAULT_SECONDS);
  const runs = PATHS.map(async ({ name, fastPath }) => {
    const onLine = (line: string): void => console.log(`  ${name.padEnd(15)}  ${line}`);
    const { samples, failures } = await runMixedLoad({
      ...{ fastPath, seconds: lastsSeconds, samples: SAMPLES, onLine },
    });
    return { rows: toRows(name, samples), faults: [...failures, ...findLeaks(samples)] };
  });
  const outcomes = await Promise.all(runs);
  const faults = outcomes.flatMap((outcome) => outcome.faults);
  if (faults.length > 0) {
    throw new Error(`endurance: ${faults.join("; ")}`);
  }
  return outcomes.flatMap(({ rows }) => rows);
}

const FIGURES = {
  heap: { unit: "MiB", of: ({ heapBytes }) => heapBytes / 2 ** 20 },
  sockets: { unit: "sockets", of: ({ sockets }) => sockets },
  timers: { unit: "timers", of: ({ timers }) => timers },
  streams: { unit: "streams", of: ({ streams }) => streams },
  handlers: { unit: "handlers", of: ({ handlers }) => handlers },
} as const satisfies Readonly<Record<string, { readonly unit: string; of(sample: Sample): number }>>;

function toRows(path: string, samples: readonly Sample[]): readonly Row[] {
  const last = samples.length - 1;
  const times = { start: samples[0], middle: samples[last >> 1], end: samples[last] };
  return Object.entries(FIGURES).flatMap(([figure, { unit, of }]) =>
    Object.entries(times).map(([time, sample]) => {
      const value = sample === undefined ? Number.NaN : of(sample);
      const side = `${path} ${figure} at ${time}`;
      return { bench: "endurance", side, unit, median: value, min: value, max: value, rounds: 1 };
    }),
  );
}
