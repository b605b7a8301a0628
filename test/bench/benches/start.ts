import { fileURLToPath } from "node:url";
import { startProgram } from "../../support/program.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

const SETUP = fileURLToPath(new URL("../../../scripts/setup.mjs", import.meta.url));

/** How long a newcomer waits for the demo. */
export const startBench: Bench = {
  name: "start",
  describe: [
    "npm start where everything is installed and built, on a new data folder: from the start of scripts/setup.mjs until",
    "the demo says that it is ready",
  ],
  comparisons: [{ ours: "ready", better: "lower", target: 5_000 }],
  run: runStart,
};

async function runStart({ rounds }: BenchOptions): Promise<readonly Row[]> {
  // Whatever has to be built is built before the first turn.
  await measure();
  return await interleave("start", [{ name: "start", measure }], rounds);
}

async function measure(): Promise<readonly Reading[]> {
  await using folder = await createTemporaryFolder();
  const startMs = performance.now();
  await using program = startProgram({
    file: process.execPath,
    args: [SETUP, "start", "--port", "0", "--admin-port", "0"],
    env: { COUNTERSIGN_DATA_DIR: folder.path },
  });
  await program.untilPrinted(/ is ready: http/);
  const readyMs = performance.now() - startMs;
  // Passed on to the demo, which a kill would leave running.
  await program.end("SIGTERM");
  return [{ side: "ready", unit: "ms", value: readyMs }];
}
