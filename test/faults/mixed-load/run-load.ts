import { type Child, startChild } from "../../bench/run/child.ts";
import { eventually } from "../../support/eventually.ts";
import { type Caller, leaveStreams, sendCases } from "./callers.ts";
import { callWell, talkWell } from "./good-callers.ts";
import { formatSample, type Sample } from "./sample.ts";

/** What is loaded, and for how long. */
export interface MixedLoad {
  /** Whether calls and streams take the fast path. */
  readonly fastPath: boolean;
  readonly seconds: number;
  /** How often stock is taken. */
  readonly samples: number;
  /** Receives each sample as a line. */
  readonly onLine: (line: string) => void;
}

/** What came of it. */
export interface LoadOutcome {
  /** Without those that were taken while caches filled. */
  readonly samples: readonly Sample[];
  /** What the calls came to that should have been answered well. */
  readonly failures: readonly string[];
}

/** The first times that stock is taken nothing is compared, since the caches fill then. */
const WARM_UPS = 2;

const CALLERS: readonly Caller[] = [
  ...Array<Caller>(6).fill(sendCases),
  leaveStreams,
  leaveStreams,
  callWell,
  talkWell,
];

/** How long a server may take to let go of what callers have left, in milliseconds. */
const SETTLE_MS = 120_000;

const SERVER = new URL("./server-child.ts", import.meta.url);

/** Send calls and streams that are left in every way to a server, and take stock of it again and again. */
export async function runMixedLoad({ fastPath, seconds, samples, onLine }: MixedLoad): Promise<LoadOutcome> {
  await using server = startChild(SERVER, { core: "server", nodeOptions: ["--expose-gc"] });
  const port = await server.ask<number>("start", { unaryFastPath: fastPath });
  const target = { port, token: await server.ask<string>("token") };
  const taken: Sample[] = [];
  const failures: string[] = [];
  const startMs = performance.now();
  let calls = 0;
  for (let round = 0; round < samples + WARM_UPS; round += 1) {
    const stop = AbortSignal.timeout(Math.round((seconds * 1000) / samples));
    const failed = await Promise.all(CALLERS.map((call) => call(target, stop, () => (calls += 1))));
    failures.push(...failed.flat());
    const sample = { ...(await settle(server)), calls };
    onLine(formatSample((performance.now() - startMs) / 1000, sample));
    if (round >= WARM_UPS) {
      taken.push(sample);
    }
  }
  return { samples: taken, failures };
}

/** Take stock when everything that was left has been let go of. @throws Error with what is held after two minutes */
async function settle(server: Child): Promise<Omit<Sample, "calls">> {
  let held = "";
  const look = async (): Promise<Omit<Sample, "calls"> | undefined> => {
    const sample = await server.ask<Omit<Sample, "calls">>("sample");
    const { sockets, streams, handlers } = sample;
    held = `${sockets} sockets, ${streams} streams, ${handlers} handlers`;
    return sockets + streams + handlers === 0 ? sample : undefined;
  };
  return await eventually(look, { timeoutMs: SETTLE_MS, intervalMs: 200 }).catch((cause: unknown) => {
    throw new Error(`nobody calls, and there are ${held}`, { cause });
  });
}
