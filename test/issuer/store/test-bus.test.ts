import { expect, test } from "vitest";
import type { BusTest } from "../../../server/gate/src/kernel/observe.ts";
import { describePooling } from "../../../server/issuer/src/store/describe-pooling.ts";
import { testBus } from "../../../server/issuer/src/store/test-bus.ts";
import { createTestBus } from "../../support/test-bus.ts";
import { createTestClock } from "../../support/test-clock.ts";

test("a bus is tested at once and every minute, and what gets lost or cannot be sent is told", async () => {
  const bus = createTestBus();
  const clock = createTestClock();
  const results: BusTest["result"][] = [];
  const onTested = ({ result }: BusTest): void => void results.push(result);
  const tests = testBus(bus, { clock, onTested });
  expect(results).toEqual(["delivered"]);
  expect(tests.isDelivering()).toBe(true);

  const deliver = bus.publish;
  bus.publish = () => Promise.resolve();
  clock.advance(60_000);
  clock.advance(5_000);
  expect(results).toEqual(["delivered", "lost"]);
  expect(tests.isDelivering()).toBe(false);

  bus.publish = () => Promise.reject(new Error("down"));
  clock.advance(55_000);
  await Promise.resolve();
  await Promise.resolve();
  bus.publish = deliver;
  clock.advance(60_000);
  expect(results).toEqual(["delivered", "lost", "failed", "delivered"]);
  tests.close();
  clock.advance(60_000);
  expect(results).toHaveLength(4);
});

test("an operator learns what a pooler needs, and of no pooler nothing", () => {
  const pooled = { isPooled: true, hasStatementTimeout: true, carriesNames: false };
  expect(describePooling({ ...pooled, isPooled: false }, {})).toEqual([]);
  expect(describePooling(pooled, {})).toEqual([expect.stringContaining("--database-listen-url")]);
  expect(describePooling(pooled, { listenUrl: "postgres://x" })).toEqual([
    expect.stringMatching(/planned anew each time.*past it/),
  ]);
  expect(describePooling({ ...pooled, carriesNames: true }, {})).toEqual([
    expect.stringContaining("statements are prepared"),
  ]);
});
