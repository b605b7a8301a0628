import type { Reading } from "../run/bench.ts";
import { wait } from "../run/machine.ts";
import { quantile } from "../run/rounds.ts";
import type { Flood } from "./flood.ts";
import type { FloodOrder, FloodOutcome } from "./flood-child.ts";
import type { GoodCalls, GoodOutcome } from "./good-child.ts";
import type { Place } from "./place.ts";
import type { Taken } from "./server-child.ts";

/** How long each part of the measurement of a flood takes, in seconds. */
export interface Durations {
  /** Good calls alone, before the flood and again after it. */
  readonly quiet: number;
  readonly flood: number;
  /** When a client of a good call gives up. */
  readonly timeout: number;
  /** Nothing at all, before memory is read after the flood. */
  readonly pause: number;
}

const CALLS_PER_SECOND = 100;
const MB = 1e6;

/** Flood a server beside good calls. */
export async function measureFlood(
  flood: Flood,
  place: Place,
  durations: Durations,
): Promise<readonly Reading[]> {
  const callWell = (seconds: number) => callAtPace(place, { ...durations, seconds });
  await place.server.ask("watch");
  const before = await callWell(durations.quiet);
  const quiet = await place.server.ask<Taken>("take");
  const memory = await readMemory(place);
  await place.server.ask("watch");
  const [outcome, during] = await Promise.all([
    place.attacker.ask<FloodOutcome>("flood", toOrder(flood, place, durations.flood)),
    callWell(durations.flood),
  ]);
  const taken = await place.server.ask<Taken>("take");
  const after = await callWell(durations.quiet);
  await wait(durations.pause * 1000);
  const left = await readMemory(place);
  const figures = toFigures({ before, during, after, quiet, memory, outcome, taken, left }, durations);
  return figures.map(({ what, ...reading }) => ({ side: `${flood.name} ${what}`, ...reading }));
}

/** What was seen before a flood, beside it, and after it. */
interface Seen {
  readonly before: GoodOutcome;
  readonly during: GoodOutcome;
  readonly after: GoodOutcome;
  /** What the server took before the flood, and beside it. */
  readonly quiet: Taken;
  readonly taken: Taken;
  /** Its memory before the flood, and after it. */
  readonly memory: Memory;
  readonly left: Memory;
  readonly outcome: FloodOutcome;
}

type Figure = Omit<Reading, "side"> & { readonly what: string };

function toFigures(seen: Seen, durations: Durations): readonly Figure[] {
  const { before, during, after, quiet, memory, outcome, taken, left } = seen;
  const failures = [before, during, after].flatMap((part) => part.failures);
  if (failures.length > 0) {
    console.error(`${failures.length} good calls failed, such as ${failures.slice(0, 5).join("; ")}`);
  }
  const quietP99 = p99Of([...before.latenciesMs, ...after.latenciesMs]);
  return [
    { what: "failed", unit: "calls", value: failures.length },
    { what: "p99 / quiet", unit: "×", value: p99Of(during.latenciesMs) / quietP99 },
    { what: "quiet-p99", unit: "ms", value: quietP99 },
    { what: "cpu", unit: "ms/s", value: taken.processorMs / durations.flood },
    { what: "quiet-cpu", unit: "ms/s", value: quiet.processorMs / durations.quiet },
    { what: "load-cpu", unit: "ms/s", value: outcome.processorMs / durations.flood },
    { what: "rate", unit: "1/s", value: outcome.count / durations.flood },
    { what: "sent", unit: "MB", value: outcome.sentBytes / MB },
    { what: "held", unit: "MB", value: (taken.peakBytes - memory.residentBytes) / MB },
    { what: "rss-left", unit: "MB", value: (left.residentBytes - memory.residentBytes) / MB },
    { what: "heap-left", unit: "MB", value: (left.usedBytes - memory.usedBytes) / MB },
  ];
}

/** Make good calls at a steady pace. */
export function callAtPace({ good }: Place, { seconds, timeout }: GoodPhase): Promise<GoodOutcome> {
  const calls: GoodCalls = { callsPerSecond: CALLS_PER_SECOND, seconds, timeoutMs: timeout * 1000 };
  return good.ask("call", calls);
}

/** How long good calls are made, and when each is given up, in seconds. */
export interface GoodPhase extends Pick<Durations, "timeout"> {
  readonly seconds: number;
}

function toOrder({ name }: Flood, { port, badTokens, client }: Place, seconds: number): FloodOrder {
  return { name, port, seconds, tokens: badTokens, client };
}

function p99Of(latenciesMs: readonly number[]): number {
  return quantile(
    latenciesMs.toSorted((a, b) => a - b),
    0.99,
  );
}

/** The memory of the process comes first: collecting garbage for the other figure gives some of it back. */
async function readMemory({ server }: Place): Promise<Memory> {
  const residentBytes = await server.ask<number>("residentBytes");
  return { residentBytes, usedBytes: await server.ask<number>("usedBytes") };
}

/** The memory of a server, in bytes: what its process has, and what is alive of it. */
interface Memory {
  readonly residentBytes: number;
  readonly usedBytes: number;
}
