import { expect, test } from "vitest";
import { runMixedLoad } from "./mixed-load/run-load.ts";
import { findLeaks } from "./mixed-load/sample.ts";

// The full run is a bench: npm run bench -- endurance --seconds 1800.
const SECONDS = 6;
const SAMPLES = 8;

test.concurrent.each([true, false])(
  "calls and streams that are left in every way leave nothing behind (fast path: %s)",
  async (fastPath) => {
    const onLine = (line: string): void => void process.stdout.write(`${line}\n`);
    const { samples, failures } = await runMixedLoad({
      fastPath,
      seconds: SECONDS,
      samples: SAMPLES,
      onLine,
    });
    expect(failures).toEqual([]);
    expect(findLeaks(samples)).toEqual([]);
  },
  600_000,
);
