import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { monitorReadiness } from "../../server/node/src/readiness.ts";

beforeEach(() => vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

function start() {
  const changes: (readonly [boolean, unknown])[] = [];
  const outage = new Error("down");
  let check = (): Promise<void> => Promise.resolve();
  const readiness = monitorReadiness({
    check: () => check(),
    onChange: (isReady, reason) => changes.push([isReady, reason]),
    everyMs: 1_000,
    timeoutMs: 3_000,
  });
  const use = (next: () => Promise<void>) => {
    check = next;
  };
  return { changes, outage, readiness, use, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
}

describe("readiness", () => {
  it("is lost with the second failure, and back with the first success", async () => {
    const { changes, outage, use, pass } = start();
    use(() => Promise.reject(outage));
    await pass(1_000);
    expect(changes).toEqual([]);
    await pass(5_000);
    expect(changes).toEqual([[false, outage]]);
    use(() => Promise.resolve());
    await pass(1_000);
    expect(changes).toEqual([
      [false, outage],
      [true, undefined],
    ]);
  });

  it("is not lost by failures that do not follow each other", async () => {
    const { changes, outage, use, pass } = start();
    for (let n = 0; n < 5; n++) {
      use(() => Promise.reject(outage));
      await pass(1_000);
      use(() => Promise.resolve());
      await pass(1_000);
    }
    expect(changes).toEqual([]);
  });

  it("is lost when a check hangs, which is not begun again meanwhile, and back when that one succeeds", async () => {
    const { changes, use, pass } = start();
    const { promise, resolve } = Promise.withResolvers<void>();
    let checks = 0;
    use(() => {
      checks += 1;
      return promise;
    });
    await pass(6_999);
    expect(changes).toEqual([]);
    await pass(1);
    expect(changes).toEqual([[false, new Error("no answer in time")]]);
    expect(checks).toBe(1);
    resolve();
    await pass(0);
    expect(changes.map(([isReady]) => isReady)).toEqual([false, true]);
  });

  it("takes a check that throws at once for a failure, and says nothing once it is closed", async () => {
    const { changes, outage, readiness, use, pass } = start();
    use(() => {
      throw outage;
    });
    await pass(2_000);
    expect(changes).toEqual([[false, outage]]);
    use(() => Promise.resolve());
    readiness.close();
    await pass(5_000);
    expect(changes).toHaveLength(1);
  });
});
