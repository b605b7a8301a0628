import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest, in seconds beside the others on two cores, when they were last measured. */
const SECONDS: Readonly<Record<string, number>> = {
  "faults/mixed-load.test.ts": 81,
  "compat/compat.test.ts": 77,
  "sdk/browser/many-tabs.test.ts": 73,
  "differential/harness.test.ts": 73,
  "docs/blocks.test.ts": 45,
  "packages/packages.test.ts": 69,
  "faults/kill-refresh.test.ts": 55,
  "sdk/node/network/stops.test.ts": 44,
  "faults/stream-proxies.test.ts": 42,
  "sdk/node/http2/differential.test.ts": 36,
  "hostile/random.test.ts": 35,
  "differential/differential.test.ts": 34,
  "faults/stream-kills.test.ts": 32,
  "e2e/kill.test.ts": 31,
  "differential/streams.test.ts": 27,
  "e2e/web-demo-timeline.test.ts": 26,
  "faults/workers.test.ts": 26,
  "gate/connect/message/limits.test.ts": 25,
  "sdk/node/network/cables.test.ts": 25,
  "packages/demo.test.ts": 23,
};

/**
 * Begins with what takes longest, so that no worker is still at it when the others have nothing left to do.
 *
 * One project after the other: a worker is kept only for files of its own, and another has to import everything again.
 * `parts` comes last: its many short files fill the end.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    return [...others].sort(
      (one, other) =>
        Number(isPart(one)) - Number(isPart(other)) ||
        one.project.name.localeCompare(other.project.name) ||
        secondsOf(other) - secondsOf(one),
    );
  }
}

function isPart({ project }: TestSpecification): boolean {
  return project.name === "parts";
}

function secondsOf({ moduleId }: TestSpecification): number {
  const [, path = ""] = moduleId.split("/test/").slice(-2);
  return SECONDS[path] ?? 0;
}
