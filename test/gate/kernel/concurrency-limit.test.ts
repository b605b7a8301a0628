import { expect, it } from "vitest";
import { createConcurrencyLimit } from "../../../server/gate/src/kernel/concurrency-limit.ts";

it("runs so many at a time, in order, and refuses more than may wait", async () => {
  const limit = createConcurrencyLimit({ maxRunning: 2, maxWaiting: 3, message: "too many wait" });
  const started: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const runs = gates.map(({ promise }, n) =>
    limit(() => {
      started.push(n);
      return promise;
    }),
  );
  await expect(limit(() => Promise.resolve())).rejects.toMatchObject({
    reason: "AUTH_UNAVAILABLE",
    message: "too many wait",
    retryAfterMs: 1_000,
  });
  expect(started).toEqual([0, 1]);
  gates[1]?.reject(new Error("failed"));
  await expect(runs[1]).rejects.toThrow("failed");
  expect(started).toEqual([0, 1, 2]);
  for (const gate of gates) {
    gate.resolve();
  }
  await Promise.allSettled(runs);
  expect(started).toEqual([0, 1, 2, 3, 4]);
  expect(await limit(() => Promise.resolve("free again"))).toBe("free again");
});
