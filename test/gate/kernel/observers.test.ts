import { describe, expect, test } from "vitest";
import type { KeyFetch, Observer } from "../../../server/gate/src/kernel/observe.ts";
import {
  auditOf,
  isolateObserver,
  joinObservers,
  resolveObserver,
} from "../../../server/gate/src/kernel/observers.ts";
import { createTestClock } from "../../support/test-clock.ts";

const fetched: KeyFetch = { issuer: "https://issuer.example", result: "fetched", microseconds: 1 };

/** Observers that fail, in the two ways there are. */
const FAILING: Readonly<Record<string, Observer>> = {
  throws: {
    keysFetched() {
      throw new Error("disk full");
    },
  },
  rejects: { keysFetched: (() => Promise.reject(new Error("disk full"))) as Observer["keysFetched"] & {} },
};

function setUp() {
  const clock = createTestClock();
  const warnings: string[] = [];
  return {
    clock,
    warnings,
    failures: { clock, onWarning: (warning: string) => void warnings.push(warning) },
  };
}

const WARNING = "an observer failed in keysFetched, and an event is lost: Error: disk full";

describe.each(Object.entries(FAILING))("an observer that %s", (_, failing) => {
  test("decides nothing, and is reported once a minute", async () => {
    const { clock, warnings, failures } = setUp();
    const { keysFetched } = isolateObserver(failing, failures);
    const observe = async (): Promise<void> => {
      keysFetched?.(fetched);
      await new Promise((resolve) => void setImmediate(resolve));
    };
    await observe();
    await observe();
    expect(warnings).toEqual([WARNING]);
    clock.advance(59_999);
    await observe();
    expect(warnings).toHaveLength(1);
    clock.advance(1);
    await observe();
    expect(warnings).toEqual([WARNING, WARNING]);
  });

  test("keeps nothing from those that it is joined with", async () => {
    const { warnings, failures } = setUp();
    const seen: unknown[] = [];
    const counting: Observer = { keysFetched: (event) => void seen.push(event) };
    const joined = joinObservers(counting, failing, counting);
    isolateObserver(joined, failures).keysFetched?.(fetched);
    expect(seen).toEqual([fetched, fetched]);
    await expect.poll(() => warnings).toEqual([WARNING]);
  });
});

test("what no observer wants has no method, so that nothing is measured for it", () => {
  const { failures } = setUp();
  const observe = joinObservers({ keysFetched: () => undefined }, {}, { audited: () => undefined });
  expect(Object.keys(observe)).toEqual(["keysFetched", "audited"]);
  expect(Object.keys(isolateObserver(observe, failures))).toEqual(["keysFetched", "audited"]);
  expect(Object.keys(joinObservers())).toEqual([]);
});

test("an observer may be an object of a class", () => {
  class Counting implements Observer {
    count = 0;
    keysFetched(): void {
      this.count += 1;
    }
  }
  const { failures } = setUp();
  const [one, other] = [new Counting(), new Counting()];
  const observer = isolateObserver(joinObservers(one, other), failures);
  const { keysFetched } = observer;
  keysFetched?.(fetched);
  expect([one.count, other.count]).toEqual([1, 1]);
});

test("an audit sink is an observer of audit events alone, beside the other", () => {
  const { warnings, failures } = setUp();
  const seen: string[] = [];
  const observer = resolveObserver(
    {
      audit: {
        record() {
          seen.push("audit");
          throw new Error("disk full");
        },
      },
      observe: { audited: () => void seen.push("observer") },
    },
    failures,
  );
  auditOf(observer).record({ type: "sign_in" });
  expect(seen).toEqual(["audit", "observer"]);
  expect(warnings).toEqual(["an observer failed in audited, and an event is lost: Error: disk full"]);
  expect(Object.keys(observer)).toEqual(["audited"]);
  auditOf(resolveObserver({}, failures)).record({ type: "sign_in" });
});
