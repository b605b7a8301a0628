import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest, in seconds on a quiet machine of two cores, when they were last measured. */
const SECONDS: Readonly<Record<string, number>> = {
  "faults/mixed-load.test.ts": 79,
  "differential/harness.test.ts": 67,
  "sdk/browser/many-tabs.test.ts": 61,
  "hostile/random.test.ts": 48,
  "faults/kill-refresh.test.ts": 45,
  "gate/connect/message/limits.test.ts": 38,
  "sdk/node/http2/differential.test.ts": 38,
  "differential/differential.test.ts": 37,
  "sdk/node/network/stops.test.ts": 35,
  "faults/clocks.test.ts": 33,
  "packages/packages.test.ts": 32,
  "e2e/kill.test.ts": 32,
  "differential/streams.test.ts": 32,
};

/** Begins with what takes longest, so that no worker is still at it when the others have nothing left to do. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    return [...others].sort((one, other) => secondsOf(other) - secondsOf(one));
  }
}

function secondsOf({ moduleId }: TestSpecification): number {
  const [, path = ""] = moduleId.split("/test/").slice(-2);
  return SECONDS[path] ?? 0;
}
