import { expect, test } from "vitest";
import { type Child, startChild } from "../bench/run/child.ts";
import { eventually } from "../support/eventually.ts";
import { type Caller, callWell, leaveStreams, sendCases } from "./mixed-load/callers.ts";
import { findLeaks, formatSample, type Sample } from "./mixed-load/sample.ts";

// The full run: COUNTERSIGN_TEST_MIXED_LOAD_MINUTES=30.
const MINUTES = Number(process.env.COUNTERSIGN_TEST_MIXED_LOAD_MINUTES ?? 0.1);

/** How often stock is taken; the first time nothing is compared, since the caches fill then. */
const SAMPLES = 8;
const WARM_UPS = 2;

const CALLERS: readonly Caller[] = [
  ...Array<Caller>(6).fill(sendCases),
  leaveStreams,
  leaveStreams,
  callWell,
];

/** How long a server may take to let go of what callers have left, in milliseconds. */
const SETTLE_MS = 120_000;

const SERVER = new URL("./mixed-load/server-child.ts", import.meta.url);

for (const unaryFastPath of [true, false]) {
  const minutes = unaryFastPath ? MINUTES : Math.min(MINUTES, 0.1);
  test(
    `${minutes} minutes of calls that are left in every way leave nothing behind (fast path: ${unaryFastPath})`,
    async () => {
      await using server = startChild(SERVER, { core: "server", nodeOptions: ["--expose-gc"] });
      const port = await server.ask<number>("start", { unaryFastPath });
      const samples: Sample[] = [];
      const startMs = performance.now();
      let calls = 0;
      for (let round = 0; round < SAMPLES + WARM_UPS; round += 1) {
        const stop = AbortSignal.timeout((minutes * 60_000) / SAMPLES);
        const failures = await Promise.all(CALLERS.map((call) => call(port, stop, () => (calls += 1))));
        expect(failures.flat()).toEqual([]);
        const sample = { ...(await settle(server)), calls };
        process.stdout.write(`${formatSample((performance.now() - startMs) / 1000, sample)}\n`);
        if (round >= WARM_UPS) {
          samples.push(sample);
        }
      }
      expect(findLeaks(samples)).toEqual([]);
    },
    minutes * 60_000 * 2 + 600_000,
  );
}

/** Take stock when everything that was left has been let go of. */
async function settle(server: Child): Promise<Omit<Sample, "calls">> {
  return await eventually(
    async () => {
      const sample = await server.ask<Omit<Sample, "calls">>("sample");
      return sample.sockets === 0 && sample.streams === 0 ? sample : undefined;
    },
    { timeoutMs: SETTLE_MS, intervalMs: 200 },
  );
}
