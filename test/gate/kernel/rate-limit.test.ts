import { describe, expect, it } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createRateLimit } from "../../../server/gate/src/kernel/rate-limit.ts";
import { createTestClock } from "../../support/test-clock.ts";

function start(limit = 30) {
  const clock = createTestClock();
  const rate = createRateLimit({ limit, windowMs: 60_000, clock, message: "too many" });
  const waitMs = (key = "a"): number | undefined => {
    try {
      rate.assertAllowed(key);
      return 0;
    } catch (error) {
      return error instanceof AuthError && error.reason === "RATE_LIMITED" ? error.retryAfterMs : undefined;
    }
  };
  const take = (times: number, key = "a"): void => {
    for (let n = 0; n < times; n++) {
      rate.take(key);
    }
  };
  return { clock, waitMs, take };
}

describe("a rate limit", () => {
  it("refuses when the clock shows no number, and does not say for how long", () => {
    let nowMs = 0;
    const clock = { ...createTestClock(), nowMs: () => nowMs };
    const rate = createRateLimit({ limit: 30, windowMs: 60_000, clock, message: "too many" });
    nowMs = Number.NaN;
    expect(() => rate.assertAllowed("a")).toThrowError(
      expect.objectContaining({ reason: "RATE_LIMITED", retryAfterMs: undefined }),
    );
  });

  it("lets a window's tries through at once, and no more", () => {
    const { waitMs, take } = start();
    take(29);
    expect(waitMs()).toBe(0);
    take(1);
    expect(waitMs()).toBe(2_000);
  });

  it("gives one try back at a time", () => {
    const { clock, waitMs, take } = start();
    take(30);
    clock.advance(1_999);
    expect(waitMs()).toBe(1);
    clock.advance(1);
    expect(waitMs()).toBe(0);
    take(1);
    expect(waitMs()).toBe(2_000);
  });

  it("costs no more than the window, however many tries were under way", () => {
    const { clock, waitMs, take } = start();
    take(10_000);
    expect(waitMs()).toBe(2_000);
    clock.advance(60_000);
    take(29);
    expect(waitMs()).toBe(0);
  });

  it("counts each key for itself", () => {
    const { waitMs, take } = start();
    take(30);
    expect(waitMs("b")).toBe(0);
  });

  it("can be without limit", () => {
    const { waitMs, take } = start(Infinity);
    take(10_000);
    expect(waitMs()).toBe(0);
  });
});
