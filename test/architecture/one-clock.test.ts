import { describe, expect, test } from "vitest";
import { type BadInput, testRules } from "./bad-input.ts";
import { oneClock } from "./one-clock.ts";
import { parseModule } from "./parse-module.ts";

const path = "server/issuer/src/store/pruner.ts";

const badInputs: readonly BadInput[] = [
  {
    bad: "const timer = setTimeout(work, everyMs);",
    good: "const cancelTimer = clock.schedule(work, everyMs); // not setTimeout",
    complaint: `${path}:1 takes setTimeout past the clock`,
  },
  {
    bad: "/* No wait,\nnot for long. */\nsetInterval(work, everyMs).unref();",
    good: "/* Not\nsetInterval. */\nrepeat(clock, work, everyMs);",
    complaint: `${path}:3 takes setInterval past the clock`,
  },
  {
    bad: "const nowMs = Date.now();",
    good: "const nowMs = clock.nowMs();",
    complaint: `${path}:1 takes Date.now past the clock`,
  },
  {
    bad: "const startedMs = globalThis.performance.now();",
    good: "const startedMs = clock.monotonicMs();",
    complaint: `${path}:1 takes performance.now past the clock`,
  },
  {
    bad: "const today = new Date();",
    good: "const today = new Date(clock.nowMs());",
    complaint: `${path}:1 takes new Date() past the clock`,
  },
  {
    bad: 'import { setTimeout as pause } from "node:timers/promises";',
    good: 'import { pause } from "@countersign/server/internal";',
    complaint: `${path}:1 takes setTimeout past the clock`,
  },
  {
    bad: 'import * as timers from "timers";',
    good: 'import * as timers from "./timers.ts";',
    complaint: `${path}:1 takes "timers" past the clock`,
  },
].map((input) => ({ rule: oneClock, path, ...input }));

describe("time comes from the one clock: the rule", () => {
  testRules(badInputs);

  test("lets the clock itself, and what is no server, read the time", () => {
    for (const elsewhere of [
      "server/gate/src/kernel/clock.ts",
      "sdk/src/core/clock.ts",
      "test/support/wait.ts",
    ]) {
      expect(oneClock(parseModule({ path: elsewhere, text: "setTimeout(run, Date.now());" }))).toEqual([]);
    }
  });
});
