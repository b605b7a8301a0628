import { describe, expect, test } from "vitest";
import type { WatchEvent } from "../../../server/gate/src/signals/watch-events.ts";
import { createWatchPlan } from "../../../server/gate/src/signals/watch-plan.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { type Step, WATCH_CASES } from "./watch-cases.ts";

const FOREVER = 1_000_000;

function toEvent(text: string): WatchEvent {
  const [kind = "", watch, ms] = text.split(" ");
  const number = Number(watch);
  switch (kind) {
    case "asked":
    case "received":
    case "drain":
    case "token_refused":
      return { kind, watch: number };
    case "alive":
      return { kind, watch: number, replaceAfterMs: Number(ms ?? FOREVER) };
    case "ended":
      return { kind, watch: number, retryAfterMs: ms === undefined ? undefined : Number(ms) };
    case "start":
    case "replace":
    case "timer":
      return { kind };
    default:
      throw new Error(`there is no event ${kind}`);
  }
}

function run(hubs: number, steps: readonly Step[], random = 0.5) {
  const plan = createWatchPlan({ hubs, random: () => random });
  const done = steps.map(([atMs, event]): Step => {
    const commands = plan.take(toEvent(event), atMs);
    return [
      atMs,
      event,
      commands
        .map((command) =>
          command.kind === "open"
            ? `open ${command.watch}@${command.hub}`
            : `close ${command.watch} ${command.why}`,
        )
        .join(", "),
    ];
  });
  return { plan, done };
}

describe("the plan of what is watched", () => {
  for (const { rule, hubs, steps } of notEmpty(WATCH_CASES)) {
    test(rule, () => {
      expect(run(hubs, steps).done).toEqual(steps);
    });
  }

  test("says when it wants to know that time has passed", () => {
    const { plan } = run(1, []);
    expect(plan.wakeAtMs).toBe(Infinity);
    plan.take({ kind: "start" }, 0);
    expect(plan.wakeAtMs).toBe(10_000);
    plan.take({ kind: "alive", watch: 1, replaceAfterMs: 3_000 }, 1_000);
    expect(plan.wakeAtMs).toBe(4_000);
    plan.take({ kind: "alive", watch: 1, replaceAfterMs: FOREVER }, 2_000);
    plan.take({ kind: "ended", watch: 1 }, 3_000);
    expect([plan.wakeAtMs, plan.failures, plan.serving]).toEqual([4_000, 1, undefined]);
  });

  for (const { random, hub } of notEmpty([
    { random: 0, hub: 0 },
    { random: 0.99, hub: 2 },
  ])) {
    test(`begins with any of the hubs: ${hub} by ${random}`, () => {
      expect(run(3, [[0, "start", ""]], random).done).toEqual([[0, "start", `open 1@${hub}`]]);
    });
  }

  test("a thousand servers that lose a hub at once come back evenly over two seconds", () => {
    const counts = [0, 0, 0, 0];
    for (let server = 0; server < 1_000; server += 1) {
      const plan = createWatchPlan({ hubs: 1, random: () => server / 1_000 });
      plan.take({ kind: "start" }, 0);
      plan.take({ kind: "ended", watch: 1 }, 0);
      counts[Math.floor(plan.wakeAtMs / 500)] = (counts[Math.floor(plan.wakeAtMs / 500)] ?? 0) + 1;
    }
    expect(counts).toEqual([250, 250, 250, 250]);
  });
});
