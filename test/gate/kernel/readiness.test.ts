import { expect, test } from "vitest";
import { systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { createReadiness } from "../../../server/gate/src/kernel/readiness.ts";

test.each(["resolve", "reject"] as const)(
  "a process does not end before what it awaits is settled: %s",
  async (settle) => {
    const held: unknown[] = [];
    const ready = createReadiness({
      ...systemClock,
      schedule(_run, delayMs, options) {
        held.push({ delayMs, options });
        return () => void held.pop();
      },
    });
    expect(held).toEqual([{ delayMs: Infinity, options: { keepsProcessAlive: true } }]);
    ready[settle]();
    await ready.promise.catch(() => {});
    expect(held).toEqual([]);
  },
);
