import { describe, expect, it } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createSignInLimiter } from "../../../server/issuer/src/credentials/sign-in-limiter.ts";
import { createWallClock } from "../../support/test-clock.ts";

function start() {
  const clock = createWallClock();
  const limiter = createSignInLimiter(clock);
  const fail = (times: number) => {
    for (let n = 0; n < times; n++) {
      limiter.recordFailure("ada");
    }
  };
  const waitMs = (account = "ada"): number | undefined => {
    try {
      limiter.assertAllowed(account);
      return 0;
    } catch (error) {
      return error instanceof AuthError && error.reason === "RATE_LIMITED" ? error.retryAfterMs : undefined;
    }
  };
  return { clock, limiter, fail, waitMs };
}

describe("the limiter of sign-ins", () => {
  it("lets four failures pass, then doubles the wait up to five minutes", () => {
    const { fail, waitMs } = start();
    fail(4);
    expect(waitMs()).toBe(0);
    const waits = Array.from({ length: 11 }, () => {
      fail(1);
      return waitMs();
    });
    expect(waits.map((ms) => (ms ?? 0) / 1_000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it("allows the next try when the wait is over", () => {
    const { clock, fail, waitMs } = start();
    fail(6);
    clock.advance(1_999);
    expect(waitMs()).toBe(1);
    clock.advance(1);
    expect(waitMs()).toBe(0);
  });

  it("forgets after a quarter of an hour, or a success", () => {
    const { clock, limiter, fail, waitMs } = start();
    fail(20);
    clock.advance(900_000);
    fail(1);
    expect(waitMs()).toBe(0);
    fail(20);
    limiter.recordSuccess("ada");
    expect(waitMs()).toBe(0);
  });

  it("keeps no owner waiting for longer when the clock is set back, and goes on from the count", () => {
    const { clock, fail, waitMs } = start();
    fail(20);
    clock.advance(-3_600_000);
    expect(waitMs()).toBe(0);
    fail(1);
    expect(waitMs()).toBe(300_000);
    clock.advance(-2_000);
    expect(waitMs()).toBe(300_000);
  });

  it("lets no server that lies behind forget a failure", () => {
    const { clock, fail, waitMs } = start();
    fail(5);
    clock.advance(-5_000);
    expect(waitMs()).toBe(1_000);
  });

  it("slows down one account only", () => {
    const { fail, waitMs } = start();
    fail(20);
    expect(waitMs("eve")).toBe(0);
  });
});
