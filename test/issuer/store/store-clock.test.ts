import { expect, it } from "vitest";
import { createStoreClock } from "../../../server/issuer/src/store/store-clock.ts";
import { describeStores } from "../../support/stores.ts";
import { createTestClock } from "../../support/test-clock.ts";

const FIVE_MINUTES_MS = 300_000;

describeStores("the clock of a store", (open) => {
  for (const offMs of [FIVE_MINUTES_MS, -FIVE_MINUTES_MS]) {
    it(`is that of the database where it has one, though the machine's is off by ${offMs} ms`, async () => {
      await using store = await open();
      const beforeMs = Date.now();
      const machineMs = beforeMs + offMs;
      const clock = createStoreClock({ store, machine: createTestClock(machineMs) });
      await clock.start();
      clock.close();
      const nowMs = clock.nowMs();
      expect(Number.isInteger(nowMs)).toBe(true);
      if (store.dialect === "sqlite") {
        expect([nowMs, clock.aheadMs()]).toEqual([machineMs, 0]);
        return;
      }
      const afterMs = Date.now();
      // Off by no more than it took to ask the database, however long that was.
      expect(Math.abs(nowMs - afterMs) <= afterMs - beforeMs + 1).toBe(true);
      expect(Math.sign(clock.aheadMs())).toBe(-Math.sign(offMs));
    });
  }
});
