import { expect, it } from "vitest";
import { createStoreClock } from "../../../server/src/store/store-clock.ts";
import { describeStores } from "../../support/stores.ts";

const FIVE_MINUTES_MS = 300_000;

describeStores("the clock of a store", (open) => {
  it("is the same for servers whose own clocks differ, where they can differ", async () => {
    await using store = await open();
    const start = async (offMs: number) => {
      const clock = createStoreClock({ store, machine: { nowMs: () => Date.now() + offMs } });
      await clock.start();
      clock.close();
      return clock;
    };
    const [ahead, behind] = [await start(FIVE_MINUTES_MS), await start(-FIVE_MINUTES_MS)];
    const differenceMs = ahead.nowMs() - behind.nowMs();
    expect(Number.isInteger(ahead.nowMs())).toBe(true);
    if (store.dialect === "sqlite") {
      expect(differenceMs).toBeGreaterThan(FIVE_MINUTES_MS);
      return;
    }
    expect(Math.abs(differenceMs)).toBeLessThan(2_000);
    expect(Math.abs(ahead.aheadMs() + FIVE_MINUTES_MS)).toBeLessThan(2_000);
  });
});
